import { createHash } from 'node:crypto';
import { canonicalJson } from '../../lib/canonical-json.ts';
import type { ServicePlan } from '../../derive/release-plan/release-plan.ts';

/** A release as the supervisor needs it: what to name it by and where it lies. */
export type ReleaseToRun = { readonly digest: string; readonly directory: string };

/**
 * What an instance is made of: a release and what it is given. Any difference makes another
 * generation.
 */
export type Version = {
  /**
   * Eight hexadecimal digits; part of the name of each instance, so that a running one tells what
   * it is.
   */
  readonly generation: string;
  readonly plan: ServicePlan;
  readonly release: ReleaseToRun;
};

/**
 * Names a version by what its instances would see. How they are watched, scaled and drained is not
 * part of it: changing that replaces nothing. `needs` are the variables that say where they
 * are; they are hashed and not kept. `secretsDigest` tells whether secrets are the same
 * (`digestSecrets`).
 */
export function versionOf(
  plan: ServicePlan,
  release: ReleaseToRun,
  needs: Readonly<Record<string, string>>,
  secretsDigest: string | null = null,
): Version {
  const seen = canonicalJson({
    release: release.digest,
    command: plan.command,
    environment: plan.environment,
    secrets: plan.secrets.map(({ name }) => name),
    secretsDigest,
    policy: plan.policy,
    needs,
  });
  const generation = createHash('sha256').update(seen).digest('hex').slice(0, 8);
  return {
    generation,
    plan,
    release: { digest: release.digest, directory: release.directory },
  };
}

/**
 * `donations-3f9a1c2b-x7k2pq`, or `donations-before-3f9a1c2b-x7k2pq` for the run of its `before`
 * command.
 */
export function instanceName(
  service: string,
  role: InstanceRole,
  generation: string,
  random: string,
): string {
  return [service, ...(role === 'before' ? [role] : []), generation, random].join('-');
}

export type InstanceRole = 'serve' | 'before';

/**
 * What an instance says of itself by its name; null when it is not a name of ours for that service.
 */
export function readInstanceName(
  service: string,
  id: string,
): { readonly role: InstanceRole; readonly generation: string } | null {
  if (!id.startsWith(`${service}-`)) return null;
  const match = /^(before-)?([0-9a-f]{8})-[0-9a-z]+$/.exec(id.slice(service.length + 1));
  const generation = match?.[2];
  if (generation === undefined) return null;
  return { role: match?.[1] === undefined ? 'serve' : 'before', generation };
}
