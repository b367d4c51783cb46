import { basename } from 'node:path';
import { TurnoutError } from '../../lib/errors.ts';
import { readSmallFile } from '../../lib/read-small-file.ts';
import { switchRungs } from '../../contract/switch-value.ts';
import type { ForcedRung } from '../../contract/switch-value.ts';
import { filesystemReader } from '../../manifest/filesystem-reader.ts';
import { loadFlags } from '../../manifest/load-flags.ts';
import { loadModel } from '../../manifest/load-model.ts';
import { renderProblems } from '../../manifest/problems/render-problems.ts';
import { findSite } from '../find-site.ts';
import { environmentOf, type EnvironmentOptions } from '../site-options.ts';
import { wantsColour } from '../wants-colour.ts';

const LARGEST_BYTES = 1024 * 1024;

export interface CheckFlagsOptions extends EnvironmentOptions {
  readonly json?: boolean;
}

/** Says what is wrong with a flags file, held against the features of the site; the exit code. */
export async function checkFlags(file: string, options: CheckFlagsOptions): Promise<number> {
  const read = await readSmallFile(file, LARGEST_BYTES);
  if (read.kind === 'unreadable') {
    throw new TurnoutError(
      'flags-unreadable',
      `${file} is no flags file: ${read.why}.`,
      'Name one, such as flags.yaml; see docs/reference/flags.md.',
    );
  }
  const result = loadFlags(read.text, basename(file), await switchesOf(options));
  const problems = result.kind === 'flags' ? result.warnings : result.problems;
  const ok = result.kind === 'flags';
  if (options.json === true) {
    process.stdout.write(`${JSON.stringify({ ok, problems }, null, 2)}\n`);
  } else {
    process.stderr.write(renderProblems(problems, { colour: wantsColour(process.stderr) }));
    if (ok) process.stdout.write(`${file} is right: ${countOf(result.flags.flags)}.\n`);
  }
  return ok ? 0 : 1;
}

function countOf(flags: Readonly<Record<string, unknown>>): string {
  const count = Object.keys(flags).length;
  return `${count} ${count === 1 ? 'flag' : 'flags'}`;
}

/** Null where the rest of the site cannot be read: then the file is checked by itself. */
async function switchesOf(
  options: CheckFlagsOptions,
): Promise<ReadonlyMap<string, readonly ForcedRung[]> | null> {
  const reader = filesystemReader(findSite(options.site));
  // The flags of the site may be what is to be mended.
  const result = await loadModel(
    {
      ...reader,
      read: async (path, limitBytes) =>
        path === 'flags.yaml' ? { kind: 'missing' } : reader.read(path, limitBytes),
    },
    { environment: environmentOf(options) },
  );
  if (result.kind === 'refused') return null;
  return new Map(
    result.model.services.flatMap(({ name, features }) =>
      features.map((feature) => [`${name}.${feature.name}`, switchRungs(feature.ladder)] as const),
    ),
  );
}
