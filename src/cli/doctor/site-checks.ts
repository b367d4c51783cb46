import { X509Certificate } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { KEY_VARIABLE, secretsKeyFile } from '../../adapters/age/secrets-key.ts';
import { findPostgresBinaries } from '../../controller/resources/postgres/postgres-binaries.ts';
import { stateFolder } from '../../contract/state-folder.ts';
import { deriveAll } from '../../derive/all.ts';
import { TurnoutError } from '../../lib/errors.ts';
import { openSiteSecrets } from '../../profiles/site-secrets.ts';
import { listSecrets } from '../secret/list-secrets.ts';
import { well, warning, wrong } from './check.ts';
import type { Check, Finding, Patient } from './check.ts';

const dayMs = 86_400_000;
const soonMs = 14 * dayMs;

/** Of the site and what its manifests ask for; silent without them. */
export const siteChecks: readonly Check[] = [
  { name: 'manifests', look: checkManifests },
  { name: 'key of the secrets', look: checkKey },
  { name: 'secrets', look: checkSecrets },
  { name: 'PostgreSQL', look: checkPostgres },
  { name: 'certificates', look: checkCertificates },
];

function checkManifests({ siteDirectory, model }: Patient): readonly Finding[] {
  if (siteDirectory === null) return [warning('there is no site.yaml', 'Name it: --site DIR.')];
  const isRefused = model === null || !deriveAll(model).ok;
  if (isRefused) return [wrong('refused', `\`turnout check ${siteDirectory}\` says why.`)];
  return [well(`${model.site.name} (${model.site.environment})`)];
}

function checkKey({ root, model }: Patient): readonly Finding[] {
  if (model === null) return [];
  if (process.env[KEY_VARIABLE]) return [well(`in ${KEY_VARIABLE}`)];
  const file = secretsKeyFile({ site: model.site.name, environment: process.env });
  const stats = statSync(file, { throwIfNoEntry: false });
  if (stats === undefined) {
    const isNeeded = model.services.some(({ secrets }) => secrets.length > 0);
    if (!isNeeded) return [well('none, and no service asks for secrets')];
    return [warning(`${file} is missing`, 'See `turnout help secret`; it is made when first set.')];
  }
  if (resolve(file).startsWith(`${resolve(root)}/`)) {
    const remedy = 'Move it out: a backup of the state folder would carry the key with the lock.';
    return [wrong(`${file} lies in the state folder`, remedy)];
  }
  if (stats.mode & 0o077) return [wrong(`others may read ${file}`, `chmod 600 ${file}`)];
  return [well(file)];
}

async function checkSecrets({ root, siteDirectory, model }: Patient): Promise<readonly Finding[]> {
  if (model === null || siteDirectory === null) return [];
  const derivation = deriveAll(model);
  if (!derivation.ok) return [];
  const { site, services } = derivation.derived.releasePlan;
  const secrets = openSiteSecrets({ site, siteDirectory, folder: stateFolder(root) });
  const listed = await listSecrets({ site, services, secrets });
  return listed
    .filter(({ from }) => from === 'missing')
    .map(({ name, services: users }) =>
      wrong(`${users.join(' and ')} has no ${name}`, `turnout secret set ${name}`),
    );
}

async function checkPostgres({ model }: Patient): Promise<readonly Finding[]> {
  const own = model?.site.resources.filter(({ url }) => url === null) ?? [];
  if (own.length === 0) return [];
  // As ourselves: no account is looked for, and none made.
  const { postgres } = await findPostgresBinaries(null);
  return [well(postgres)];
}

function checkCertificates({ siteDirectory, model, nowMs }: Patient): readonly Finding[] {
  if (model === null || siteDirectory === null) return [];
  return model.site.certificates.map(({ certificate }) => {
    const file = resolve(siteDirectory, certificate);
    let expiresMs: number;
    try {
      expiresMs = Date.parse(new X509Certificate(readFileSync(file)).validTo);
    } catch (error) {
      const remedy = 'Put a certificate there in PEM, the one of the site first.';
      return wrong(`${file}: ${(error as Error).message}`, remedy);
    }
    const days = Math.floor((expiresMs - nowMs) / dayMs);
    const renew = 'Renew it: a new file is taken up without a restart.';
    if (expiresMs <= nowMs) return wrong(`${file} has expired`, renew);
    const found = `${file} holds for ${days} days`;
    return expiresMs - nowMs < soonMs ? warning(found, renew) : well(found);
  });
}

/** What a check that failed by itself found: an expected failure is a finding as well. */
export function findingOf(error: unknown): Finding {
  if (error instanceof TurnoutError) return wrong(error.message, error.remedy);
  const reason = error instanceof Error ? error.message : String(error);
  return warning(`this could not be looked at: ${reason}`, 'Run it as the user of the site.');
}
