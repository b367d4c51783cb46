import { noEdge } from '../derive/edge/derive-edge.ts';
import type { TlsConfiguration, WorkerConfiguration } from '../derive/worker-configuration.ts';

/** Before it said anything of HTTP/2. */
type TlsOfOld = Omit<TlsConfiguration, 'http2'> & { readonly http2?: boolean };
/** As the version before wrote it: without an edge. */
type SecondConfiguration = Omit<WorkerConfiguration, 'version' | 'edge' | 'tls'> & {
  readonly version: 2;
  readonly tls: TlsOfOld;
};
/** As 0.1.0 wrote it: without TLS too. */
type FirstConfiguration = Omit<SecondConfiguration, 'version' | 'tls'> & { readonly version: 1 };

/** What may stand in state, or in a worker's last good folder. */
export type WrittenConfiguration = WorkerConfiguration | SecondConfiguration | FirstConfiguration;

const noTls: TlsConfiguration = { certificates: [], redirectToHttps: false, http2: true };

/** Reads this version and those before; throws for any other. */
export function readConfiguration(written: WrittenConfiguration): WorkerConfiguration {
  switch (written.version) {
    case 1:
      return { ...written, version: 3, tls: noTls, edge: noEdge };
    case 2:
      return { ...written, version: 3, tls: { http2: true, ...written.tls }, edge: noEdge };
    case 3:
      return written;
    default:
      throw new Error('it was written by a newer Turnout');
  }
}

/** The digests of the files that it names, by their place in the site directory. */
export function fileDigests(written: WrittenConfiguration): Readonly<Record<string, string>> {
  const ofLadders = written.policies.files ?? {};
  return 'edge' in written ? { ...written.edge.files, ...ofLadders } : ofLadders;
}
