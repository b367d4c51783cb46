import type { Command } from 'commander';
import { readSiteSettings } from '../contract/site-settings.ts';
import { findStateFolder } from '../controller/keeper/claim-state-folder.ts';
import { stateFolder } from '../contract/state-folder.ts';
import type { StateFolder } from '../contract/state-folder.ts';
import { TurnoutError } from '../lib/errors.ts';
import { filesystemReader } from '../manifest/filesystem-reader.ts';
import { loadModel } from '../manifest/load-model.ts';
import type { Model } from '../manifest/model.ts';
import { addExamples } from './add-examples.ts';
import { checks } from './doctor/all.ts';
import type { Finding, Patient } from './doctor/check.ts';
import { findingOf } from './doctor/site-checks.ts';
import { findSite } from './find-site.ts';
import {
  addEnvironmentOption,
  addSiteArgument,
  addStateOption,
  environmentOf,
  stateRoot,
  withSite,
} from './site-options.ts';
import type { EnvironmentOptions, StateOptions } from './site-options.ts';

interface DoctorOptions extends EnvironmentOptions, StateOptions {
  readonly json?: boolean;
}

/** One finding and the check that made it. */
interface NamedFinding extends Finding {
  readonly check: string;
}

export function registerDoctor(program: Command): void {
  const command = addSiteArgument(program.command('doctor'))
    .summary('what is wrong with the machine or the state folder, and the remedy')
    .description(
      'Looks at limits of the machine, manifests, secrets, certificates, the state folder, its ' +
        'processes and ports, and changes nothing. Works while the site is up, down or broken. ' +
        'Exits 1 when something is wrong.',
    )
    .option('--json', 'as JSON')
    .action(async (dir: string | undefined, given: DoctorOptions) => {
      const options = withSite(dir, given);
      const findings = await examine(await readPatient(options));
      process.stdout.write(
        options.json ? `${JSON.stringify(findings, null, 2)}\n` : show(findings),
      );
      if (findings.some(({ verdict }) => verdict === 'wrong')) process.exitCode = 1;
    });
  addExamples(
    addStateOption(addEnvironmentOption(command)),
    'turnout doctor',
    'turnout doctor --json | jq \'.[] | select(.verdict != "well")\'',
  );
}

async function examine(patient: Patient): Promise<readonly NamedFinding[]> {
  const findings: NamedFinding[] = [];
  for (const { name, look } of checks) {
    const found = await Promise.resolve(patient)
      .then(look)
      .catch((error: unknown) => [findingOf(error)]);
    for (const finding of found) findings.push({ check: name, ...finding });
  }
  return findings;
}

async function readPatient(options: DoctorOptions): Promise<Patient> {
  const siteDirectory = siteIn(options);
  const root = stateRoot(options);
  const folder = stateFolderIn(root);
  const model = siteDirectory === null ? null : await modelOf(siteDirectory, options);
  const settings = folder === null ? null : readSiteSettings(folder.settings);
  return { root, folder, settings, siteDirectory, model, nowMs: Date.now() };
}

/** A state folder can be looked at without its site. */
function siteIn({ site }: DoctorOptions): string | null {
  try {
    return findSite(site);
  } catch (error) {
    if (error instanceof TurnoutError && error.code === 'site-not-found') return null;
    throw error;
  }
}

/** One of a newer Turnout is looked at as well: a check says so. */
function stateFolderIn(root: string): StateFolder | null {
  try {
    return findStateFolder(root);
  } catch (error) {
    if (!(error instanceof TurnoutError)) throw error;
    return error.code === 'state-folder-newer' ? stateFolder(root) : null;
  }
}

async function modelOf(directory: string, options: DoctorOptions): Promise<Model | null> {
  const environment = environmentOf(options);
  const loaded = await loadModel(filesystemReader(directory), { environment });
  return loaded.kind === 'model' ? loaded.model : null;
}

const marks = { well: 'ok     ', warning: 'warning', wrong: 'WRONG  ' };

function show(findings: readonly NamedFinding[]): string {
  const lines = findings.flatMap(({ check, verdict, found, remedy }) => [
    `${marks[verdict]}  ${check}: ${found}`,
    ...(remedy === null ? [] : [`         remedy: ${remedy}`]),
  ]);
  const count = (verdict: Finding['verdict']): number =>
    findings.filter((finding) => finding.verdict === verdict).length;
  return `${lines.join('\n')}\n${count('wrong')} wrong, ${count('warning')} warnings\n`;
}
