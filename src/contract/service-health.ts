/**
 * `Service-Health`: how a service says, on any of its answers and on its health check, which of its
 * needs it finds lost. A dictionary of RFC 9651 whose keys are needs, or roles of needs, and whose
 * values are the token `down`: `db.primary=down, processor=down`. What is well is left out; a
 * service that finds all well sends `ok`, and one that says nothing is unknown.
 *
 * The header stays inside: the gateway acts on it, takes it off, and tells the public in its own
 * words.
 */
export const SERVICE_HEALTH = 'service-health';

/** Nothing is lost. `ok` is a member of its own, so that an empty header is never sent. */
const ALL_WELL = 'ok';

/** More of them, or longer ones, are no report of a service of ours. */
const MOST_NEEDS = 64;
const LONGEST = 4_096;

/** What a service reports: the needs (`db`) or roles (`db.primary`) that it finds down. */
export type ServiceHealth = { readonly down: readonly string[] };

export function formatServiceHealth({ down }: ServiceHealth): string {
  if (down.length === 0) return ALL_WELL;
  return [...down]
    .sort()
    .map((need) => `${need}=down`)
    .join(', ');
}

/** Null for a header that is absent or says nothing we understand: that is no report. */
export function parseServiceHealth(header: string | null | undefined): ServiceHealth | null {
  if (header === null || header === undefined || header.length > LONGEST) return null;
  const members = header.split(',').map((member) => member.trim());
  if (members.length > MOST_NEEDS) return null;
  const down: string[] = [];
  for (const member of members) {
    if (member === ALL_WELL) continue;
    const match = /^([a-z][a-z0-9-]*(?:\.[a-z]+)?)=(down|up)$/.exec(member);
    if (match === null) return null;
    if (match[2] === 'down') down.push(match[1] as string);
  }
  return { down };
}
