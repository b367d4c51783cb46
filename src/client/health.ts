/** What an answer said of its feature: RFC 9651 members as the gateway writes them. */
export interface SiteHealth {
  /** The whole header, for what this version does not know. */
  readonly header: string;
  /** By name, such as `feature`, `tier`, `rung`; true for a member without a value. */
  readonly members: Readonly<Record<string, string | true>>;
}

export type HealthListener = (health: SiteHealth, url: string) => void;

const listeners = new Set<HealthListener>();

/** Tells `listener` how things stand with each answer that says so; returns how to stop that. */
export function onHealth(listener: HealthListener): () => void {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

export function tellHealth(response: Response, url: string): void {
  const header = response.headers.get('service-health');
  if (header === null || listeners.size === 0) return;
  const health = { header, members: parseMembers(header) };
  for (const listener of listeners) listener(health, url);
}

/** `feature="donations.donate", rung=stale;age=12` gives feature, rung and age. */
function parseMembers(header: string): Readonly<Record<string, string | true>> {
  const members: Record<string, string | true> = {};
  const member = /([a-z*][a-z0-9_.*-]*)(?:=(?:"((?:[^"\\]|\\.)*)"|([^\s,;]+)))?\s*[,;]?/g;
  for (const [, name = '', quoted, bare] of header.matchAll(member)) {
    members[name] = quoted?.replaceAll(/\\(.)/g, '$1') ?? bare ?? true;
  }
  return members;
}
