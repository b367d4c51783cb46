import { join } from 'node:path';
import type { KeptKind } from '../../contract/keys.ts';
import { settingsMark } from '../../contract/site-settings.ts';
import type { SiteSettings } from '../../contract/site-settings.ts';
import { processLog } from '../../contract/state-folder.ts';
import type { StateFolder } from '../../contract/state-folder.ts';
import { lastLines } from '../../lib/last-lines.ts';
import type { Log } from '../../lib/log.ts';
import { version } from '../../lib/version.ts';
import type { Clock } from '../../ports/clock/port.ts';
import type { Journal, NewJournalEntry } from '../../ports/journal/port.ts';
import type { State } from '../../ports/state/port.ts';
import { keepLinks } from './keep-links.ts';
import { KeptSlot } from './kept-slot.ts';
import { forgetDeadProcesses, livingProcesses } from './process-records.ts';
import { stopProcesses } from './take-down.ts';
import type { KeptIdentity } from './take-down.ts';

export interface KeeperOptions {
  readonly folder: StateFolder;
  readonly settings: SiteSettings;
  /** The files to run, each given the state folder, its id and how often that id died before. */
  readonly programs: { readonly [kind in KeptKind]: string };
  readonly state: State;
  readonly journal: Journal;
  readonly clock: Clock;
  readonly log: Log;
  /** Replaces every process that is adopted, and not only those of an older Turnout. */
  readonly replaceAll?: boolean;
}

/** How replacing processes one by one ended: at the first that did not come up, the rest stays. */
export type Replacement =
  | { readonly kind: 'done' }
  | { readonly kind: 'failed'; readonly id: string };

/**
 * Keeps one controller and the workers running, and the process of the links where there are links;
 * nothing more: instances are the controller's.
 */
export interface Keeper {
  /** What became of the adopted processes that were to be replaced. */
  readonly outdatedReplaced: Promise<Replacement>;
  /**
   * Replaces every worker, one at a time, the new one serving before the old one stops accepting.
   */
  replaceWorkers(): Promise<void>;
  /**
   * Stops keeping and touches no process; returns those it kept, also the ones that are too young
   * to have registered.
   */
  stop(): readonly KeptIdentity[];
}

const reconcileEveryMs = 1_000;
const strayStopMs = 30_000;

/**
 * Adopts the controller and the workers that run, starts those that do not, replaces those that an
 * older Turnout or other settings started, and from then on starts again whatever dies. Resolves
 * once each has been adopted or started.
 */
export async function startKeeper(options: KeeperOptions): Promise<Keeper> {
  const { state, clock, log } = options;
  const note = noteInto(options);
  const newSlot = (kind: KeptKind, id: string): KeptSlot => slotOf(options, kind, id, note);
  const fixed = [newSlot('controller', 'controller'), ...workerSlots(options, newSlot)];
  await forgetDeadProcesses(state);
  const living = await livingProcesses(state);
  for (const slot of fixed) {
    slot.begin(living.findLast((record) => record.id === slot.id && record.state !== 'stopping'));
  }
  const links = await keepLinks(options, () => newSlot('links', 'links'));
  const slots = (): readonly KeptSlot[] => [...fixed, ...links.slots()];
  const stopping = new AbortController();
  const attempt = async (what: string, work: () => Promise<void>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      if (!stopping.signal.aborted) log.error(`${what} failed`, { reason: String(error) });
    }
  };
  const replaceOneByOne = async (which: (slot: KeptSlot) => boolean): Promise<Replacement> => {
    for (const slot of slots()) {
      if (!which(slot) || stopping.signal.aborted) continue;
      if (!(await slot.replace())) return { kind: 'failed', id: slot.id };
      options.log.progress(`${slot.id}: replaced by Turnout ${version}`);
    }
    return { kind: 'done' };
  };
  // A new worker reads what an older controller wrote; an older worker need not read a newer one's,
  // so that the controller stays as it is where a worker cannot be replaced.
  const replaceOutdated = async (): Promise<Replacement> => {
    const isDue = (slot: KeptSlot): boolean => slot.isOutdated || (options.replaceAll ?? false);
    for (const kind of ['worker', 'links', 'controller'] as const) {
      const replaced = await replaceOneByOne((slot) => slot.kind === kind && isDue(slot));
      if (replaced.kind === 'failed') return replaced;
    }
    return { kind: 'done' };
  };
  const outdatedReplaced = replaceOutdated();
  const keep = async (): Promise<void> => {
    await attempt('replacing outdated processes', async () => void (await outdatedReplaced));
    while (!stopping.signal.aborted) {
      await attempt('looking for strays', () => stopStrays(options, slots()));
      await clock.sleep(reconcileEveryMs, stopping.signal).catch(() => undefined);
    }
  };
  void keep();
  return {
    outdatedReplaced,
    replaceWorkers: async () => {
      await replaceOneByOne((slot) => slot.kind === 'worker');
    },
    stop: () => {
      stopping.abort(new Error('keeper stops'));
      links.close();
      const kept = slots().flatMap(({ kind, identities }) =>
        identities.map((identity) => ({ kind, identity })),
      );
      for (const slot of slots()) slot.release();
      return kept;
    },
  };
}

/**
 * Stops workers and controllers that are nobody's: one more than there should be now, or one that
 * an earlier keeper started in the moment before it was killed.
 */
async function stopStrays(options: KeeperOptions, slots: readonly KeptSlot[]): Promise<void> {
  const kept = new Set(slots.flatMap((slot) => slot.identities.map(({ pid }) => pid)));
  const strays = (await livingProcesses(options.state)).filter(
    (record) => record.kind !== 'keeper' && record.state === 'running' && !kept.has(record.pid),
  );
  if (strays.length === 0) return;
  options.log.info('stopping strays', { strays: strays.map(({ id, pid }) => `${id} ${pid}`) });
  const immediately = new AbortController().signal;
  await stopProcesses(strays, strayStopMs, { clock: options.clock, immediately });
  await forgetDeadProcesses(options.state);
}

function slotOf(
  { folder, settings, programs, state, clock }: KeeperOptions,
  kind: KeptKind,
  id: string,
  note: (entry: NewJournalEntry) => void,
): KeptSlot {
  return new KeptSlot({
    kind,
    id,
    program: programs[kind],
    root: folder.root,
    logFile: processLog(folder, id),
    settings: settingsMark(kind, settings),
    state,
    clock,
    note,
    lastLines: () => lastLines(join(folder.logs, `${id}.log`), 10),
  });
}

function workerSlots(
  { settings }: KeeperOptions,
  newSlot: (kind: 'worker', id: string) => KeptSlot,
): readonly KeptSlot[] {
  return Array.from({ length: settings.workers }, (_, n) => newSlot('worker', `worker-${n + 1}`));
}

/**
 * Journal and log both: the journal for everyone, the log for when the journal cannot be written.
 */
function noteInto({ journal, log }: KeeperOptions): (entry: NewJournalEntry) => void {
  return (entry) => {
    log.info(entry.kind, { subject: entry.subject, ...(entry.why ? { why: entry.why } : {}) });
    journal
      .append(entry)
      .catch((error: unknown) => log.error('journal not written', { reason: String(error) }));
  };
}
