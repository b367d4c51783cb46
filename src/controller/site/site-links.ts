import { LINKS_KEY, LINKS_PREFIX, linkKey, readLinkRecord } from '../../contract/links.ts';
import type {
  LinkFault,
  LinkId,
  LinkRecord,
  LinksStatus,
  LinksSwitch,
  LinkTarget,
} from '../../contract/links.ts';
import { TurnoutError } from '../../lib/errors.ts';
import { isFree } from '../../lib/free-port.ts';
import { isRunning } from '../../lib/process-identity.ts';
import type { Clock } from '../../ports/clock/port.ts';
import type { Journal } from '../../ports/journal/port.ts';
import type { Randomness } from '../../ports/randomness/port.ts';
import type { State } from '../../ports/state/port.ts';

/** The links of a site: which there are, on which ports, and where they go. */
export interface SiteLinks {
  isOn(): Promise<boolean>;
  /** Has the keeper start the process of the links, or stop it. */
  switch(on: boolean): Promise<void>;
  /**
   * The port of the link, which leads to the target from now on; made if there is none. Resolves
   * once it can be connected to; a port that somebody else took is given up for another. Rejects
   * with `link-not-up`.
   */
  through(id: LinkId, target: LinkTarget): Promise<number>;
  /** Lets new connections go to another target, if there is such a link. */
  redirect(id: LinkId, target: LinkTarget): Promise<void>;
  list(): Promise<readonly LinkRecord[]>;
  forget(id: LinkId): Promise<void>;
}

export interface SiteLinksOptions {
  readonly state: State;
  readonly journal: Journal;
  readonly clock: Clock;
  readonly randomness: Pick<Randomness, 'integer'>;
  /** What the process of the links last said of itself. */
  readonly readStatus: () => LinksStatus | null;
}

const upWithinMs = 10_000;
const pollMs = 25;
/**
 * Apart from what instances and listeners are given, so that a link that is cut, or whose process
 * is just being started again, finds its port free.
 */
const ports = { from: 12_000, count: 6_000 };
const attempts = 100;

export function createSiteLinks(options: SiteLinksOptions): SiteLinks {
  const { state, clock } = options;
  const isOn = async (): Promise<boolean> =>
    ((await state.get(LINKS_KEY))?.value as LinksSwitch | undefined)?.on ?? false;
  return {
    isOn,
    switch: async (on) => {
      if ((await isOn()) !== on) await state.put(LINKS_KEY, { on });
    },
    async through(id, target) {
      const deadlineMs = clock.monotonicMs() + upWithinMs;
      let record = await changeRecord(state, id, async (known) =>
        known === null
          ? { ...id, port: await choosePort(options), target, fault: null }
          : { ...known, target },
      );
      while (clock.monotonicMs() < deadlineMs) {
        const standing = standingOf(record, options.readStatus());
        if (standing.kind === 'up') return record.port;
        if (standing.kind === 'failed') record = await move(record, standing.reason, options);
        await clock.sleep(pollMs);
      }
      throw notUp(id);
    },
    redirect: async (id, target) => {
      if ((await state.get(linkKey(id))) === null) return;
      await changeRecord(state, id, (known) => (known === null ? null : { ...known, target }));
    },
    list: () => listLinks(state),
    forget: async (id) => {
      await state.delete(linkKey(id));
    },
  };
}

/** Every link there is, on or off, in the order of their names. */
export async function listLinks(state: State): Promise<readonly LinkRecord[]> {
  const entries = await state.list(LINKS_PREFIX);
  return entries.flatMap(({ value }) => readLinkRecord(value) ?? []);
}

/**
 * Cuts a link, lets it hang, or (null) opens it again; it opens by itself when `untilMs` of the
 * fault has passed. Rejects with `link-unknown`.
 */
export async function setLinkFault(
  state: State,
  id: LinkId,
  fault: LinkFault | null,
): Promise<void> {
  const changed = await changeRecord(state, id, (known) => {
    if (known === null) throw unknown(id);
    return { ...known, fault };
  });
  if (changed === null) throw unknown(id);
}

async function changeRecord<Changed extends LinkRecord | null>(
  state: State,
  id: LinkId,
  change: (known: LinkRecord | null) => Changed | Promise<Changed>,
): Promise<Changed> {
  const key = linkKey(id);
  for (;;) {
    const entry = await state.get(key);
    const known = entry === null ? null : readLinkRecord(entry.value);
    const changed = await change(known);
    if (changed === null || JSON.stringify(changed) === JSON.stringify(known)) return changed;
    const { kind } = await state.compareAndSet(key, changed, entry?.revision ?? 0);
    if (kind === 'written') return changed;
  }
}

type Standing =
  | { readonly kind: 'up' }
  | { readonly kind: 'coming' }
  | { readonly kind: 'failed'; readonly reason: string };

function standingOf(record: LinkRecord, status: LinksStatus | null): Standing {
  if (status === null || !isRunning(status)) return { kind: 'coming' };
  const key = linkKey(record);
  const link = status.links.find((one) => linkKey(one) === key && one.port === record.port);
  if (link === undefined || (link.state === 'failed' && link.reason === null)) {
    return { kind: 'coming' };
  }
  // One that was cut on purpose is up: whoever starts now is to find it cut.
  return link.state === 'failed' ? { kind: 'failed', reason: link.reason ?? '' } : { kind: 'up' };
}

async function move(
  record: LinkRecord,
  reason: string,
  options: SiteLinksOptions,
): Promise<LinkRecord> {
  const port = await choosePort(options);
  const moved = await changeRecord(options.state, record, (known) => ({
    ...(known ?? record),
    port,
  }));
  await options.journal.append({
    kind: 'link.moved',
    subject: linkKey(record),
    who: 'controller',
    why: `${reason}; it listens on ${port} now`,
  });
  return moved;
}

async function choosePort({ state, randomness }: SiteLinksOptions): Promise<number> {
  const taken = new Set((await listLinks(state)).map(({ port }) => port));
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const port = ports.from + randomness.integer(ports.count);
    if (!taken.has(port) && (await isFree(port))) return port;
  }
  const last = ports.from + ports.count - 1;
  throw new TurnoutError(
    'no-free-port',
    `Found no free port between ${ports.from} and ${last} on 127.0.0.1 in ${attempts} attempts.`,
    'See with `ss -ltn` what listens there, and stop what is not needed.',
  );
}

function notUp(id: LinkId): TurnoutError {
  return new TurnoutError(
    'link-not-up',
    `The link of ${id.service} to ${id.need} (${id.server}) does not listen yet.`,
    'The keeper starts the process of the links; see `turnout links` and `turnout status`.',
  );
}

function unknown({ service, need, server }: LinkId): TurnoutError {
  return new TurnoutError(
    'link-unknown',
    `There is no link of ${service} to ${need} (${server}).`,
    'See `turnout links` for those there are; a site has some with `links: on` in site.yaml.',
  );
}
