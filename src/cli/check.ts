import { resolve } from 'node:path';
import type { Command } from 'commander';
import { deriveAll } from '../derive/all.ts';
import { renderDeriveProblems } from '../derive/render-derive-problems.ts';
import { readSmallFile } from '../lib/read-small-file.ts';
import { checkCertificates } from '../manifest/certificates/check-certificates.ts';
import type { CheckedMachine } from '../manifest/certificates/check-certificates.ts';
import { filesystemReader } from '../manifest/filesystem-reader.ts';
import { loadModel } from '../manifest/load-model.ts';
import type { Model } from '../manifest/model.ts';
import type { Problem } from '../manifest/problems/problem.ts';
import { countProblems, renderProblems } from '../manifest/problems/render-problems.ts';
import { addExamples } from './add-examples.ts';
import { findSite } from './find-site.ts';
import { addEnvironmentOption, addSiteArgument, environmentOf, withSite } from './site-options.ts';
import type { EnvironmentOptions } from './site-options.ts';
import { wantsColour } from './wants-colour.ts';

/** Of a certificate or key. */
const LARGEST_BYTES = 256 * 1024;

interface CheckOptions extends EnvironmentOptions {
  readonly json?: boolean;
  readonly strict?: boolean;
}

/**
 * `turnout check`: reads a site's manifests, derives from them, and shows everything that is wrong.
 */
export function registerCheck(program: Command): void {
  const command = addSiteArgument(program.command('check'))
    .summary('whether the manifests are right, and what is wrong')
    .description(
      'Checks the manifests of a site and what they become, and says everything that is wrong at ' +
        'once, with place and remedy. Exits 1 on errors.',
    )
    .option('--strict', 'exit 1 on warnings too')
    .option('--json', 'print one JSON object')
    .action(async (dir: string | undefined, options: CheckOptions) => {
      process.exitCode = await check(withSite(dir, options));
    });
  addExamples(
    addEnvironmentOption(command),
    'turnout check',
    'turnout check examples/campaign --environment production',
    "turnout check --json | jq '.problems[].message'",
  );
}

async function check(options: CheckOptions): Promise<number> {
  const directory = findSite(options.site);
  const result = await loadModel(filesystemReader(directory), {
    environment: environmentOf(options),
  });
  const model = result.kind === 'model' ? result.model : null;
  const problems =
    result.kind === 'model'
      ? [...(await checkCertificates(result, machineOf(directory))), ...result.warnings]
      : result.problems;
  const derivation = model === null ? null : deriveAll(model);
  const refused = derivation?.ok === false ? derivation.problems : [];
  const hasErrors = problems.some(({ severity }) => severity === 'error');
  const ok = derivation?.ok === true && !hasErrors;
  if (options.json === true) {
    const about = model === null ? {} : { site: model.site.name, digest: model.digest };
    const report = { ok, ...about, problems, derivation: refused };
    process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
  } else {
    process.stderr.write(renderProblems(problems, { colour: wantsColour(process.stderr) }));
    if (refused.length > 0) process.stderr.write(`${renderDeriveProblems(refused)}\n`);
    if (ok && model !== null) process.stdout.write(summary(model, problems));
  }
  return ok && !(options.strict === true && problems.length > 0) ? 0 : 1;
}

/** The files of this machine that site.yaml names outside the site or beside it. */
function machineOf(directory: string): CheckedMachine {
  const read = (path: string) => readSmallFile(resolve(directory, path), LARGEST_BYTES);
  return { read, nowMs: Date.now() };
}

function summary({ site, services }: Model, warnings: readonly Problem[]): string {
  const features = services.reduce((sum, service) => sum + service.features.length, 0);
  return (
    `${site.name} (${site.environment}) is well described: ${count(services.length, 'service')}, ` +
    `${count(features, 'feature')}, ${count(site.frontends.length, 'frontend')}; ` +
    `${countProblems(warnings)}.\n`
  );
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
