import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Option, type Command } from 'commander';
import type { Derived } from '../derive/all.ts';
import { derivedFiles, outputJson, outputNames, type OutputName } from '../derive/derived-files.ts';
import { TurnoutError } from '../lib/errors.ts';
import { addExamples } from './add-examples.ts';
import { lineDiff } from './line-diff.ts';
import { loadDerivedSite } from './load-derived-site.ts';
import { addEnvironmentOption, addSiteArgument, withSite } from './site-options.ts';
import type { EnvironmentOptions } from './site-options.ts';
import { writeOutput } from './write-output.ts';

interface DeriveOptions extends EnvironmentOptions {
  readonly only?: OutputName;
  readonly write?: boolean;
  readonly check?: boolean;
}

/**
 * `turnout derive`: shows what the manifests become, and keeps it beside them under `expected/`.
 */
export function registerDerive(program: Command): void {
  const command = addSiteArgument(program.command('derive'))
    .summary('what the manifests become, as JSON')
    .description(
      'Shows what the manifests of a site become, as JSON; or keeps it beside them in expected/, ' +
        'so that a review shows what a change of a manifest changes.',
    )
    .addOption(new Option('--only <output>', 'one output').choices(outputNames))
    .addOption(
      new Option('--write', 'write all outputs to expected/ in the site').conflicts('only'),
    )
    .addOption(
      new Option('--check', 'exit 1 when expected/ is not what the manifests become').conflicts([
        'only',
        'write',
      ]),
    )
    .action(async (dir: string | undefined, options: DeriveOptions) => {
      const { directory, derived } = await loadDerivedSite(withSite(dir, options));
      const expected = join(directory, 'expected');
      if (options.check === true) process.exitCode = await check(derived, expected);
      else if (options.write === true) await write(derived, expected);
      else process.stdout.write(printed(derived, options.only));
    });
  addExamples(
    addEnvironmentOption(command),
    "turnout derive --only routes | jq '.routes[].path'",
    'turnout derive examples/campaign --write',
    'turnout derive examples/campaign --check',
  );
}

function printed(derived: Derived, only: OutputName | undefined): string {
  if (only !== undefined) return outputJson(derived, only);
  return `${JSON.stringify(derived, null, 2)}\n`;
}

async function write(derived: Derived, expected: string): Promise<void> {
  const files = derivedFiles(derived);
  for (const [name, text] of files) await writeOutput(join(expected, name), text);
  process.stdout.write(`Wrote ${[...files.keys()].join(', ')} to ${expected}.\n`);
}

/** Shows how each file differs; 0 when none does. */
async function check(derived: Derived, expected: string): Promise<0 | 1> {
  const files = derivedFiles(derived);
  const stale: string[] = [];
  for (const [name, text] of files) {
    const kept = await readExpected(join(expected, name));
    if (kept === text) continue;
    stale.push(name);
    const how = kept === null ? '  the file is missing' : lineDiff(kept, text);
    process.stdout.write(`${name}\n${how}\n\n`);
  }
  if (stale.length === 0) {
    process.stdout.write(`${expected} is what the manifests become.\n`);
    return 0;
  }
  process.stdout.write(
    `${stale.length} of ${files.size} files in ${expected} are not what the manifests become now.\n` +
      '  - is what is kept, + what is derived. If the change is meant: turnout derive --write\n',
  );
  return 1;
}

async function readExpected(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw new TurnoutError(
      'expected-unreadable',
      `${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`,
      'Make it a file that you may read, or remove it and run `turnout derive --write`.',
      { cause: error },
    );
  }
}
