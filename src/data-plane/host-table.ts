/**
 * Values by host name. `*.example.org` stands for every name below `example.org`, at any depth; the
 * nearest name wins: the name itself, then the longest wildcard.
 */
export interface HostTable<T> {
  find(host: string): T | undefined;
}

export function createHostTable<T>(entries: Iterable<readonly [string, T]>): HostTable<T> {
  const exact = new Map<string, T>();
  const below = new Map<string, T>();
  for (const [host, value] of entries) {
    const table = host.startsWith('*.') ? below : exact;
    const name = host.startsWith('*.') ? host.slice(1) : host;
    // The first one said stands.
    if (!table.has(name)) table.set(name, value);
  }
  return {
    find(host) {
      const found = exact.get(host);
      if (found !== undefined || below.size === 0) return found;
      for (let dot = host.indexOf('.'); dot !== -1; dot = host.indexOf('.', dot + 1)) {
        const wide = below.get(host.slice(dot));
        if (wide !== undefined) return wide;
      }
      return undefined;
    },
  };
}

/** Whether every name that `host` stands for is one that `by` stands for. */
export function isCovered(host: string, by: string): boolean {
  return host === by || (by.startsWith('*.') && host.replace(/^\*/, '').endsWith(by.slice(1)));
}
