import type { StateFolder } from '../contract/state-folder.ts';

type Way = 'file' | 'file-if-any' | 'tree' | 'by-itself' | 'left-out';

/**
 * How each part of the state folder gets into a backup. A `file` must be there; `by-itself` is
 * copied in a way of its own, `left-out` is made anew by whoever needs it or means nothing
 * elsewhere, with all that lies in it. A test sees to it that no part is forgotten.
 */
export const backedUpParts: Readonly<Partial<Record<keyof StateFolder, Way>>> = {
  versionFile: 'file',
  generatedSecrets: 'file-if-any',
  /** Beside what it opens: a backup without it would have lost all that was queued. */
  writeKeys: 'file-if-any',
  stateDatabase: 'by-itself',
  journalDatabase: 'by-itself',
  writes: 'by-itself',
  blobs: 'by-itself',
  resources: 'by-itself',
  releases: 'tree',
  /** Of processes of this machine, or of the moment. */
  run: 'left-out',
  instances: 'left-out',
  workers: 'left-out',
  generatedSecretsLock: 'left-out',
  backupRecord: 'left-out',
  /** Large, and of no use to a site that goes on. */
  logs: 'left-out',
};
