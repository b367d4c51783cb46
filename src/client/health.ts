import { parseDictionary } from '../lib/structured-fields/parse-dictionary.ts';
import type { BareItem, Member } from '../lib/structured-fields/structured-field.ts';

/** What an answer said of its feature in `Service-Health`. */
export interface SiteHealth {
  /** The whole header, for what this version does not know. */
  readonly header: string;
  /** `donations.totals`; null where the header does not say. */
  readonly feature: string | null;
  /** `core`, `important` or `sheddable`. */
  readonly tier: string | null;
  /** `full` where all is as promised, else the rung in force, such as `stale`. */
  readonly rung: string | null;
  /** How old the answer is, where its rung gives one from before. */
  readonly ageMs: number | null;
  /** Every member by name, parameters left out; true for one without a value. */
  readonly members: Readonly<Record<string, BareItem['value']>>;
}

export type HealthListener = (health: SiteHealth, url: string) => void;

const listeners = new Set<HealthListener>();

/** Tells `listener` how things stand with each answer that says so; returns how to stop that. */
export function onHealth(listener: HealthListener): () => void {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

export function tellHealth(headers: Headers, url: string): void {
  if (listeners.size === 0) return;
  const health = healthOf(headers);
  if (health !== null) for (const listener of listeners) listener(health, url);
}

/** Null where an answer says nothing, or nothing that can be read. */
export function healthOf(headers: Headers): SiteHealth | null {
  const header = headers.get('service-health');
  const said = header === null ? null : parseDictionary(header);
  if (header === null || said === null) return null;
  const rung = said.get('rung');
  const age = rung?.parameters.get('age')?.value;
  const members = [...said].flatMap(([name, member]) =>
    member.kind === 'list' ? [] : [[name, member.value] as const],
  );
  return {
    header,
    feature: textOf(said.get('feature')),
    tier: textOf(said.get('tier')),
    rung: textOf(rung),
    ageMs: typeof age === 'number' ? age * 1_000 : null,
    members: Object.fromEntries(members),
  };
}

function textOf(member: Member | undefined): string | null {
  return member?.kind === 'string' || member?.kind === 'token' ? member.value : null;
}
