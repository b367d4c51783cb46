import type { Model } from '../../manifest/model.ts';
import type { TlsConfiguration } from '../worker-configuration.ts';

/** What a worker shows to clients that come with TLS, and whether it sends the others there. */
export function deriveTls({ site }: Model): TlsConfiguration {
  return {
    certificates: site.certificates.map(({ certificate, key, hosts }) => ({
      certificate,
      key,
      hosts: [...hosts],
    })),
    http2: site.listen.http2,
    redirectToHttps: site.listen.https !== null && site.listen.redirectToHttps,
  };
}
