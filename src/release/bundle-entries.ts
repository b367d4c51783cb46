import { access } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { build } from 'esbuild';
import { TurnoutError } from '../lib/errors.ts';
import { bundleSdk } from './bundle-sdk.ts';
import type { BuildFailure, Message } from 'esbuild';
import type { ReleaseFile } from './release-tree.ts';

export interface BundleOptions {
  /** Absolute folder of the service. */
  readonly directory: string;
  /** Its name for people: relative to the site. */
  readonly displayDirectory: string;
  readonly entries: readonly string[];
}

/**
 * Never written: outputs stay in memory. Source maps name sources relative to it, so that no
 * machine path gets in.
 */
const virtualOutput = '.release';

/** CommonJS packages inside an ES module still call `require`, and ask where they lie. */
const banner =
  "import { createRequire as turnoutRequire } from 'node:module';" +
  ' const require = turnoutRequire(import.meta.url);';

/**
 * Bundles each entry with the npm packages it imports into one ES module of the same name,
 * `server.ts` to `server.js`, with its source map. Equal sources give equal bytes wherever they
 * lie. Rejects with a TurnoutError that shows the place.
 */
export async function bundleEntries(options: BundleOptions): Promise<readonly ReleaseFile[]> {
  for (const entry of options.entries) await assertEntry(options, entry);
  try {
    const result = await build({
      absWorkingDir: options.directory,
      entryPoints: options.entries.map((entry) => `./${entry}`),
      outbase: options.directory,
      outdir: virtualOutput,
      bundle: true,
      platform: 'node',
      target: 'node26',
      format: 'esm',
      sourcemap: 'linked',
      legalComments: 'none',
      charset: 'utf8',
      banner: { js: banner },
      define: { __dirname: 'import.meta.dirname', __filename: 'import.meta.filename' },
      plugins: [bundleSdk],
      write: false,
      logLevel: 'silent',
    });
    return result.outputFiles.map((file) => ({
      kind: 'bytes',
      path: relative(join(options.directory, virtualOutput), file.path),
      executable: false,
      bytes: file.contents,
    }));
  } catch (error) {
    if (!isBuildFailure(error)) throw error;
    throw explain(error.errors, options.displayDirectory, error);
  }
}

async function assertEntry(options: BundleOptions, entry: string): Promise<void> {
  try {
    await access(join(options.directory, entry));
  } catch (cause) {
    throw new TurnoutError(
      'release-entry-missing',
      `${options.displayDirectory}/${entry} is not there, and build.entry names it.`,
      'Create the file, or correct `build: { entry: … }` in service.yaml.',
      { cause },
    );
  }
}

function isBuildFailure(error: unknown): error is BuildFailure {
  return error instanceof Error && Array.isArray((error as Partial<BuildFailure>).errors);
}

function explain(errors: readonly Message[], directory: string, cause: Error): TurnoutError {
  const shown = errors.slice(0, 5).map((message) => showMessage(message, directory));
  if (errors.length > shown.length) shown.push(`… and ${errors.length - shown.length} more`);
  const text = shown.join('\n');
  const first = errors[0]?.text ?? '';
  if (/No loader is configured for "\.node"/.test(first)) {
    return new TurnoutError(
      'release-native-addon',
      `A native addon cannot be bundled:\n${text}`,
      'Use a package without one, or build with `build: { command: …, output: … }`, which may hold node_modules.',
      { cause },
    );
  }
  if (first.startsWith('Could not resolve')) {
    return new TurnoutError(
      'release-import-unresolved',
      `An import leads nowhere:\n${text}`,
      unresolvedRemedy(first),
      { cause },
    );
  }
  return new TurnoutError(
    'release-build-failed',
    `The service cannot be bundled:\n${text}`,
    'Mend the source at the place shown.',
    { cause },
  );
}

/** `jose/jwt` is part of the package `jose`, `@scope/name/part` of `@scope/name`. */
function unresolvedRemedy(text: string): string {
  const [, path = ''] = /^Could not resolve "([^"]*)"/.exec(text) ?? [];
  const [, name] = /^((?:@[\w.-]+\/)?[\w-][\w.-]*)(?:\/|$)/.exec(path) ?? [];
  return name === undefined
    ? 'Correct the path, or create the file.'
    : `Install the package in the folder of the site (\`npm install ${name}\`), or correct the name.`;
}

/** `services/donations/server.ts:12:7: message`, the line, and a caret under the column. */
function showMessage({ text, location }: Message, directory: string): string {
  if (location === null) return text;
  const place = `${join(directory, location.file)}:${location.line}:${location.column + 1}`;
  const caret = `${' '.repeat(location.column)}^`;
  return `${place}: ${text}\n    ${location.lineText.slice(0, 200)}\n    ${caret.slice(-200)}`;
}
