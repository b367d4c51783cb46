import { listenerUrl } from '../contract/site-settings.ts';
import type { SiteSettings } from '../contract/site-settings.ts';
import type { ResolveNeed } from '../controller/supervisor/instance-environment.ts';
import type { EmbeddedResources } from './site-resources.ts';

/**
 * What a service is told to reach a need by: a database of the site, an address elsewhere, or the
 * place inside where the workers answer for every feature, and for partners with a proxy.
 */
export function createNeedResolver(
  settings: Pick<SiteSettings, 'http' | 'internal'>,
  resources: Pick<EmbeddedResources, 'addressesOf'>,
): ResolveNeed {
  const inside = listenerUrl(settings.internal ?? settings.http);
  return async (need) => {
    switch (need.kind) {
      case 'postgres':
        return { ...(await resources.addressesOf(need.resource)), via: null };
      case 'http': {
        const url = need.proxyPath === undefined ? need.url : `${inside}${need.proxyPath}`;
        return { url, replicaUrls: null, via: null };
      }
      case 'feature':
        return { url: inside, replicaUrls: null, via: null };
    }
  };
}
