import { LINKS_KEY } from '../../contract/links.ts';
import type { LinksSwitch } from '../../contract/links.ts';
import type { Log } from '../../lib/log.ts';
import type { Clock } from '../../ports/clock/port.ts';
import type { State } from '../../ports/state/port.ts';
import type { KeptSlot } from './kept-slot.ts';
import { livingProcesses } from './process-records.ts';
import { stopProcesses } from './take-down.ts';

/** The place of the process of the links, which is there only while there are links. */
export interface KeptLinks {
  slots(): readonly KeptSlot[];
  close(): void;
}

/** Nobody uses them any more when they are switched off. */
const stopMs = 5_000;

/**
 * Keeps the process of the links up for as long as state says that there are links. Resolves once
 * it was adopted or started, where there are.
 */
export async function keepLinks(
  { state, clock, log }: { readonly state: State; readonly clock: Clock; readonly log: Log },
  newSlot: () => KeptSlot,
): Promise<KeptLinks> {
  let slot: KeptSlot | null = null;
  let isClosed = false;
  let work = Promise.resolve();

  const start = async (): Promise<void> => {
    const living = await livingProcesses(state);
    if (slot !== null || isClosed) return;
    slot = newSlot();
    slot.begin(living.findLast(({ kind, state: now }) => kind === 'links' && now !== 'stopping'));
  };
  const stop = async (): Promise<void> => {
    const gone = slot?.identities ?? [];
    slot?.release();
    slot = null;
    await stopProcesses(gone, stopMs, { clock, immediately: new AbortController().signal });
  };
  const watch = await state.watch(LINKS_KEY, (change) => {
    // A watch is of all that starts so, the links themselves included.
    if (change.key !== LINKS_KEY) return;
    const isOn = change.kind === 'put' && (change.value as LinksSwitch).on;
    work = work
      .then(() => (isOn ? start() : stop()))
      .catch((error: unknown) => log.error('keeping the links failed', { reason: String(error) }));
  });
  await work;
  return {
    slots: () => (slot === null ? [] : [slot]),
    close: () => {
      isClosed = true;
      watch.close();
    },
  };
}
