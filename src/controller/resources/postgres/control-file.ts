import { constants } from 'node:fs';
import { openPlainFileBeneath } from '../../../lib/open-beneath.ts';

/** What `global/pg_control` says of data on which no server works. */
export interface ControlFile {
  /** It was shut down in order: there is nothing after `checkpoint` that anybody was told of. */
  readonly shutDown: boolean;
  /** Position of the last checkpoint, for one that was shut down the end of its log. */
  readonly checkpoint: string;
  /** It takes, or last took, no writes. */
  readonly inRecovery: boolean;
}

/**
 * Offsets as in PostgreSQL's `catalog/pg_control.h`, which have been these since version 8.0: after
 * the system identifier come the file's version, the catalog's version, the state and the time.
 */
const versionAt = 8;
const stateAt = 16;
const checkpointAt = 32;
const headBytes = 40;
const knownVersions = new Set([1_700, 1_800]);
/** `DB_SHUTDOWNED`; the one after it is of a replica. */
const shutDownState = 1;
/** `DB_SHUTDOWNED_IN_RECOVERY` and `DB_IN_ARCHIVE_RECOVERY`: of a replica. */
const recoveryStates = new Set([2, 5]);

/** Null when it cannot be read, or is of a version we do not know. */
export async function readControlFile(dataFolder: string): Promise<ControlFile | null> {
  const head = Buffer.alloc(headBytes);
  try {
    const file = await openPlainFileBeneath(dataFolder, 'global/pg_control', constants.O_RDONLY);
    try {
      const { bytesRead } = await file.read(head, 0, headBytes, 0);
      if (bytesRead < headBytes) return null;
    } finally {
      await file.close();
    }
  } catch {
    return null;
  }
  if (!knownVersions.has(head.readUInt32LE(versionAt))) return null;
  const low = head.readUInt32LE(checkpointAt).toString(16).toUpperCase();
  const high = head
    .readUInt32LE(checkpointAt + 4)
    .toString(16)
    .toUpperCase();
  const state = head.readInt32LE(stateAt);
  return {
    shutDown: state === shutDownState,
    checkpoint: `${high}/${low}`,
    inRecovery: recoveryStates.has(state),
  };
}
