import type { WorkerConfiguration } from '../derive/worker-configuration.ts';

/** As the version before wrote it: without TLS. */
type ConfigurationBefore = Omit<WorkerConfiguration, 'version' | 'tls'> & { readonly version: 1 };

/** What may stand in state, or in a worker's last good folder. */
export type WrittenConfiguration = WorkerConfiguration | ConfigurationBefore;

/** Reads this version and the one before; throws for any other. */
export function readConfiguration(written: WrittenConfiguration): WorkerConfiguration {
  switch (written.version) {
    case 1:
      return { ...written, version: 2, tls: { certificates: [], redirectToHttps: false } };
    case 2:
      return written;
    default:
      throw new Error('it was written by a newer Turnout');
  }
}
