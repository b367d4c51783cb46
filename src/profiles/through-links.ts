import type { LinkTarget } from '../contract/links.ts';
import type { ResolveNeed } from '../controller/supervisor/instance-environment.ts';
import type { SiteLinks } from '../controller/site/site-links.ts';

const defaultPorts: Readonly<Record<string, number>> = {
  'http:': 80,
  'https:': 443,
  'postgres:': 5_432,
  'postgresql:': 5_432,
};

/**
 * Tells services the links in place of the servers, while `areOn`. A database and the site's own
 * front are given by URLs that lead to the link; for an `http` need the URL stays what it is, so
 * that name and certificate are those of the server, and the link is told beside it.
 */
export function throughLinks(
  resolve: ResolveNeed,
  links: SiteLinks,
  areOn: () => Promise<boolean>,
): ResolveNeed {
  return async (need, service) => {
    const address = await resolve(need, service);
    if (!(await areOn())) return address;
    await links.switch(true);
    const port = (server: string, url: string): Promise<number> =>
      links.through({ service, need: need.need, server }, targetOf(url));
    const linked = async (server: string, url: string): Promise<string> => {
      const changed = new URL(url);
      changed.host = `127.0.0.1:${await port(server, url)}`;
      return changed.href;
    };
    switch (need.kind) {
      case 'postgres': {
        const replicas = (address.replicaUrls ?? []).map((url, n) => linked(replicaLink(n), url));
        const [url, ...replicaUrls] = await Promise.all([
          linked(primaryLink, address.url),
          ...replicas,
        ]);
        return { ...address, url: url ?? address.url, replicaUrls };
      }
      case 'http':
        return { ...address, via: `127.0.0.1:${await port(frontLink, address.url)}` };
      case 'feature': {
        // Without the slash that a URL has for a path: what was told before links had none.
        const url = await linked(frontLink, address.url);
        return { ...address, url: url.replace(/\/$/, '') };
      }
    }
  };
}

/** How the link to a server of a need is called. */
export const primaryLink = 'primary';
export const frontLink = 'front';
export function replicaLink(place: number): string {
  return `replica-${place + 1}`;
}

/** What a link to this URL connects to. */
export function targetOf(text: string): LinkTarget {
  const url = new URL(text);
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  return { host, port: Number(url.port) || (defaultPorts[url.protocol] ?? 0) };
}
