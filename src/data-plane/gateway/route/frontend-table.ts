import type { FrontendRoute } from '../../../derive/routes/route-table.ts';
import { createHostTable, type HostTable } from '../../host-table.ts';

/** Finds the frontend of a path, at a cost that does not depend on how many there are. */
export interface FrontendTable {
  /** The first of the table whose host and prefix match; null where none does. */
  find(host: string, path: string): FrontendRoute | null;
}

interface Placed {
  readonly frontend: FrontendRoute;
  /** In the order of the table: the first that matches counts. */
  readonly place: number;
  /** Null for any host. */
  readonly hosts: HostTable<true> | null;
}

/** By prefix: of a path as many may match as the deepest one has segments, and the root. */
export function createFrontendTable(frontends: readonly FrontendRoute[]): FrontendTable {
  const byPrefix = new Map<string, Placed[]>();
  let deepest = 0;
  for (const [place, frontend] of frontends.entries()) {
    const { prefix, hosts } = frontend;
    const table = createHostTable(hosts.map((host) => [host, true] as const));
    const placed: Placed = { frontend, place, hosts: hosts.length === 0 ? null : table };
    byPrefix.set(prefix, [...(byPrefix.get(prefix) ?? []), placed]);
    deepest = Math.max(deepest, prefix === '/' ? 0 : prefix.split('/').length - 1);
  }
  const firstAt = (prefix: string, host: string): Placed | null =>
    byPrefix.get(prefix)?.find(({ hosts }) => hosts === null || hosts.find(host) === true) ?? null;
  return {
    find: (host, path) => {
      let first = firstAt('/', host);
      let end = 0;
      for (let depth = 1; depth <= deepest && end < path.length; depth += 1) {
        const slash = path.indexOf('/', end + 1);
        end = slash === -1 ? path.length : slash;
        const found = firstAt(path.slice(0, end), host);
        if (found !== null && (first === null || found.place < first.place)) first = found;
      }
      return first?.frontend ?? null;
    },
  };
}
