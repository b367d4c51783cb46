import { PROCESSES_PREFIX } from '../../contract/keys.ts';
import type { ProcessRecord } from '../../contract/keys.ts';
import { isRunning, ownProcessIdentity } from '../../lib/process-identity.ts';
import { version } from '../../lib/version.ts';
import type { State } from '../../ports/state/port.ts';

/**
 * This process's own record; it registers itself, so that no moment exists in which it runs unknown
 * for long.
 */
export interface OwnRecord {
  update(state: ProcessRecord['state']): Promise<void>;
  remove(): Promise<void>;
}

export async function registerProcess(
  state: State,
  own: Pick<ProcessRecord, 'kind' | 'id' | 'restarts' | 'settings'>,
): Promise<OwnRecord> {
  const key = recordKey(own.id, process.pid);
  const identity = ownProcessIdentity();
  const startedAtMs = Date.now() - Math.round(process.uptime() * 1_000);
  const put = async (now: ProcessRecord['state']): Promise<void> => {
    await state.put(key, { ...own, ...identity, turnout: version, startedAtMs, state: now });
  };
  await put('starting');
  return {
    update: put,
    remove: async () => {
      await state.delete(key);
    },
  };
}

/** Every registered process that still runs, oldest first. */
export async function livingProcesses(state: State): Promise<readonly ProcessRecord[]> {
  const records = await allRecords(state);
  return records.filter(isRunning).sort((a, b) => a.startedAtMs - b.startedAtMs);
}

/** Removes the records of processes that died without doing so. */
export async function forgetDeadProcesses(state: State): Promise<void> {
  for (const record of await allRecords(state)) {
    if (!isRunning(record)) await state.delete(recordKey(record.id, record.pid));
  }
}

async function allRecords(state: State): Promise<readonly ProcessRecord[]> {
  const entries = await state.list(PROCESSES_PREFIX);
  return entries.map((entry) => entry.value as ProcessRecord);
}

function recordKey(id: string, pid: number): string {
  return `${PROCESSES_PREFIX}${id}/${pid}`;
}
