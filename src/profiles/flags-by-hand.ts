import type {
  FlagChangeResult,
  FlagStatus,
  SetFlagRequest,
  UnsetFlagRequest,
} from '../contract/flag-status.ts';
import type { StateFolder } from '../contract/state-folder.ts';
import { livingProcesses } from '../controller/keeper/process-records.ts';
import { flagsInForce } from '../derive/flags/flags-in-force.ts';
import { FlagsByHand } from '../flags/flags-by-hand.ts';
import { flagsRecordOf, setFlagsOf } from '../flags/set-flags.ts';
import type { Journal } from '../ports/journal/port.ts';
import { openSitePorts, type SitePorts } from './embedded.ts';
import { lastPublished, writeFlags } from './site-storage.ts';

/** The flags of a site as its state folder knows them, whether or not its controller lives. */
export interface SiteFlagsByHand {
  readonly journal: Journal;
  list(): Promise<readonly FlagStatus[]>;
  set(request: SetFlagRequest): Promise<FlagChangeResult>;
  unset(request: UnsetFlagRequest): Promise<FlagChangeResult>;
  close(): Promise<void>;
}

/**
 * Opens them in this process: workers follow state, so a switch works on the day that the
 * controller is dead.
 */
export async function openFlagsByHand(folder: StateFolder): Promise<SiteFlagsByHand> {
  const ports = await openSitePorts(folder);
  const close = async (): Promise<void> => {
    await Promise.all([ports.state.close(), ports.journal.close()]);
  };
  try {
    const features = (await lastPublished(ports))?.policies.features ?? [];
    const flags = new FlagsByHand(ports, () => features);
    const told = async (result: FlagChangeResult): Promise<FlagChangeResult> => {
      await tellServices(ports, folder);
      return result;
    };
    return {
      journal: ports.journal,
      list: () => flags.list(),
      set: async (request) => told(await flags.set(request)),
      unset: async (request) => told(await flags.unset(request)),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The controller does so as soon as it sees the change; while there is none it falls to us. */
async function tellServices({ state, clock }: SitePorts, folder: StateFolder): Promise<void> {
  const processes = await livingProcesses(state);
  if (processes.some(({ kind }) => kind === 'controller')) return;
  const record = await flagsRecordOf(state);
  if (record === null) return;
  const document = flagsInForce(record, await setFlagsOf(state), clock.nowMs());
  await writeFlags(folder.flagsFile, document);
}
