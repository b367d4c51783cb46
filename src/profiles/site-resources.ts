import { join } from 'node:path';
import { readdir } from 'node:fs/promises';
import type { StateFolder } from '../contract/state-folder.ts';
import type { ResourceStatus, StatusNote } from '../contract/status.ts';
import type { PromotionRequest } from '../controller/resources/postgres/member-requests.ts';
import { createPostgresResource } from '../controller/resources/postgres/postgres-resource.ts';
import type {
  PostgresAddresses,
  PostgresResource,
} from '../controller/resources/postgres/postgres-resource.ts';
import type { PromotionReport } from '../controller/resources/postgres/promote-member.ts';
import { NoteBoard } from '../controller/site/note-board.ts';
import type { SiteResources } from '../controller/site/site-parts.ts';
import type { ResourcePlan } from '../derive/release-plan/release-plan.ts';
import { TurnoutError } from '../lib/errors.ts';
import type { Log } from '../lib/log.ts';
import type { SitePorts } from './embedded.ts';

export interface EmbeddedResources extends SiteResources {
  /**
   * What to give to a service. Waits for a resource that is coming up, and rejects with
   * `resource-not-up` when that takes too long: an instance that is to replace another must not be
   * counted as failed for our own start.
   */
  addressesOf(name: string): Promise<PostgresAddresses>;
  /** As of the resource; rejects with `resource-unknown` or `resource-elsewhere` too. */
  promote(name: string, request: PromotionRequest): Promise<PromotionReport>;
  reseed(name: string, member: string, who: string): Promise<void>;
  /** Stops watching and leaves all running. */
  close(): Promise<void>;
}

interface Held {
  readonly plan: ResourcePlan;
  /** Null for a server elsewhere. */
  readonly own: PostgresResource | null;
  readonly stopping: AbortController;
}

const retryFirstMs = 500;
const retryLimitMs = 15_000;
const addressWithinMs = 10_000;
const pollMs = 50;

/**
 * Stands up the resources of a site on this machine: servers of our own for each without a URL.
 * `changed` is called when services must be told of other addresses.
 */
export function createSiteResources(
  folder: StateFolder,
  ports: SitePorts,
  log: Log,
  changed: () => void,
): EmbeddedResources {
  const { clock } = ports;
  const held = new Map<string, Held>();
  const board = new NoteBoard(clock);

  const hold = (plan: ResourcePlan): Held => {
    const stopping = new AbortController();
    if (plan.url !== null) return { plan, own: null, stopping };
    const own = openResource(folder, plan, ports, log, changed);
    // It rejects only when it is not wanted any more.
    ensureUntilUp(own, plan.name, ports, log, stopping.signal).catch(() => undefined);
    return { plan, own, stopping };
  };

  const letGo = async (entry: Held, how: 'stop' | 'close'): Promise<void> => {
    entry.stopping.abort(new Error('the resource is not wanted any more'));
    await entry.own?.[how]();
  };

  const ownNamed = (name: string): PostgresResource => {
    const entry = held.get(name);
    if (entry === undefined) throw unknownResource(name, [...held.keys()]);
    if (entry.own === null) throw elsewhere(name);
    return entry.own;
  };

  return {
    async apply(plans) {
      const wanted = new Map(plans.map((plan) => [plan.name, plan]));
      for (const [name, entry] of held) {
        if (wanted.get(name)?.url === entry.plan.url) continue;
        held.delete(name);
        await letGo(entry, 'stop');
      }
      for (const plan of plans) {
        const entry = held.get(plan.name);
        held.set(plan.name, entry === undefined ? hold(plan) : { ...entry, plan });
        await entry?.own?.configure(plan);
      }
    },
    async whenUp(name, signal) {
      while (addressesNow(held, name) === null) await clock.sleep(pollMs, signal);
    },
    async addressesOf(name) {
      const deadlineMs = clock.monotonicMs() + addressWithinMs;
      for (;;) {
        const addresses = held.has(name) ? addressesNow(held, name) : null;
        if (addresses !== null) return addresses;
        if (clock.monotonicMs() > deadlineMs) throw notUp(name);
        await clock.sleep(pollMs);
      }
    },
    promote: async (name, request) => ownNamed(name).promote(request),
    reseed: async (name, member, who) => ownNamed(name).reseed(member, who),
    statuses: () => [...held.values()].map(statusOf),
    notes() {
      const notes = [...held.values()].flatMap(({ own }) => own?.notes() ?? []);
      return renew(board, notes);
    },
    async close() {
      await Promise.all([...held.values()].map((entry) => letGo(entry, 'close')));
    },
  };
}

/** Stops every server of our own, whether or not anyone watches it; its data stay. */
export async function stopAllResources(
  folder: StateFolder,
  { clock, journal }: SitePorts,
  log: Log,
  report: (text: string) => void,
): Promise<void> {
  const names = await readdir(folder.resources);
  await Promise.all(
    names.map(async (name) => {
      report(`${name}: stopping PostgreSQL`);
      const place = join(folder.resources, name);
      await createPostgresResource({ name, folder: place, clock, journal, log }).stop();
    }),
  );
}

function openResource(
  folder: StateFolder,
  plan: ResourcePlan,
  { clock, journal }: SitePorts,
  log: Log,
  changed: () => void,
): PostgresResource {
  const place = join(folder.resources, plan.name);
  const { name, replicas, durability } = plan;
  const settings = { replicas, durability };
  return createPostgresResource({ name, folder: place, clock, journal, log, settings, changed });
}

/** A resource that does not come up is tried again: what is in its way may be mended meanwhile. */
async function ensureUntilUp(
  own: PostgresResource,
  name: string,
  { clock }: SitePorts,
  log: Log,
  signal: AbortSignal,
): Promise<void> {
  log.progress(`${name}: starting PostgreSQL`);
  for (let pauseMs = retryFirstMs; ; pauseMs = Math.min(pauseMs * 2, retryLimitMs)) {
    try {
      await own.ensure();
      log.progress(`${name}: PostgreSQL is up`);
      return;
    } catch (error) {
      signal.throwIfAborted();
      log.progress(`${name}: ${error instanceof Error ? error.message : String(error)}`);
    }
    await clock.sleep(pauseMs, signal);
  }
}

/** Null while there is nothing to tell; throws for a resource that is not wanted any more. */
function addressesNow(held: ReadonlyMap<string, Held>, name: string): PostgresAddresses | null {
  const entry = held.get(name);
  if (entry === undefined) throw notUp(name);
  if (entry.own !== null) return entry.own.addresses();
  const { url, replicaUrls } = entry.plan;
  return url === null ? null : { url, replicaUrls };
}

/** Each with the time it began; what is not said any more is taken off. */
function renew(
  board: NoteBoard,
  notes: readonly Omit<StatusNote, 'since'>[],
): readonly StatusNote[] {
  for (const known of board.all()) {
    const same = notes.some(({ code, about }) => code === known.code && about === known.about);
    if (!same) board.takeOff(known.code, known.about);
  }
  for (const note of notes) board.put(note);
  return board.all();
}

function statusOf({ plan, own }: Held): ResourceStatus {
  if (own !== null) return own.status();
  const address = plan.url === null ? null : new URL(plan.url).host;
  return {
    kind: 'postgres',
    name: plan.name,
    state: 'elsewhere',
    address,
    reason: null,
    durability: null,
    ifPrimaryIsLost: null,
    promotion: null,
    members: [],
  };
}

function notUp(name: string): TurnoutError {
  return new TurnoutError(
    'resource-not-up',
    `The resource ${name} is not up.`,
    'See `turnout status`; what needs it starts by itself once it is.',
  );
}

function unknownResource(name: string, known: readonly string[]): TurnoutError {
  return new TurnoutError(
    'resource-unknown',
    `The site has no resource “${name}”.`,
    known.length === 0
      ? 'site.yaml names none under `resources:`.'
      : `It has ${known.join(', ')}; a new one in site.yaml is there after \`turnout reload\`.`,
  );
}

function elsewhere(name: string): TurnoutError {
  return new TurnoutError(
    'resource-elsewhere',
    `${name} runs elsewhere, and Turnout does not look after it.`,
    'Whoever runs it does this; then correct `url` and `replica-urls` in site.yaml and `turnout reload`.',
  );
}
