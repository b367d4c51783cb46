import type { TlsConfiguration, WorkerConfiguration } from '../derive/worker-configuration.ts';

/** As the version before wrote it: without TLS. */
type ConfigurationBefore = Omit<WorkerConfiguration, 'version' | 'tls'> & { readonly version: 1 };

/** As the same version was written before it said anything of HTTP/2. */
type ConfigurationOfOld = Omit<WorkerConfiguration, 'tls'> & {
  readonly tls: Omit<TlsConfiguration, 'http2'> & { readonly http2?: boolean };
};

/** What may stand in state, or in a worker's last good folder. */
export type WrittenConfiguration = ConfigurationOfOld | ConfigurationBefore;

const noTls: TlsConfiguration = { certificates: [], redirectToHttps: false, http2: true };

/** Reads this version and the one before; throws for any other. */
export function readConfiguration(written: WrittenConfiguration): WorkerConfiguration {
  switch (written.version) {
    case 1:
      return { ...written, version: 2, tls: noTls };
    case 2:
      return { ...written, tls: { http2: true, ...written.tls } };
    default:
      throw new Error('it was written by a newer Turnout');
  }
}
