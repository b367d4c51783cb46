import { readFile } from 'node:fs/promises';
import { dirname, extname, join, relative, sep } from 'node:path';
import type { Loader, OnResolveArgs, OnResolveResult, Plugin, PluginBuild } from 'esbuild';

/** Where this Turnout's own modules lie: `src/` in the tree, `dist/` in the package. */
const ownFolder = join(import.meta.dirname, '..');
const ownExtension = extname(import.meta.filename);
const publicModules = { 'turnout/sdk': 'sdk/sdk', 'turnout/client': 'client/client' } as const;

const NAMESPACE = 'turnout';
const TRIED = { turnoutSdk: true };

/** A map that a package brings names its sources by where they lie here. */
const sourceMapComment = /^\/\/[#@] sourceMappingURL=.*$/gm;

/**
 * Resolves `turnout/sdk` and `turnout/client`, with all they import, to those of the Turnout that
 * runs the build, whatever the site's folder has installed: a release goes with the contract of the
 * Turnout that starts it. Their modules are named by package and path, not by where they lie here,
 * so that equal sources give equal bytes on every machine.
 */
export const bundleSdk: Plugin = {
  name: 'turnout-sdk',
  setup(build) {
    build.onResolve({ filter: /^turnout\/(?:sdk|client)$/ }, ({ path }) => {
      const module = publicModules[path as keyof typeof publicModules];
      return own(join(ownFolder, `${module}${ownExtension}`), false);
    });
    build.onResolve({ filter: /./, namespace: NAMESPACE }, (args) => resolveFromSdk(build, args));
    build.onLoad({ filter: /./, namespace: NAMESPACE }, async ({ pluginData }) => {
      const file = (pluginData as { readonly file: string }).file;
      return {
        contents: (await readFile(file, 'utf8')).replaceAll(sourceMapComment, ''),
        loader: loaderOf(file),
        resolveDir: dirname(file),
        pluginData,
      };
    });
  },
};

/** Imports of the SDK's modules are looked up from where those lie, by esbuild's own rules. */
async function resolveFromSdk(
  build: PluginBuild,
  { path, kind, resolveDir, pluginData }: OnResolveArgs,
): Promise<OnResolveResult | undefined> {
  if (pluginData === TRIED) return undefined;
  const found = await build.resolve(path, { kind, resolveDir, pluginData: TRIED });
  // Left to esbuild, which lets a `require` inside `try` (pg-native) fail when the release runs.
  if (found.errors.length > 0) return undefined;
  if (found.external) return { path: found.path || path, external: true };
  const isOwn = !found.path.includes(`${sep}node_modules${sep}`) || inOwnFolder(found.path);
  return own(found.path, isOwn ? false : found.sideEffects);
}

function inOwnFolder(file: string): boolean {
  return file.startsWith(ownFolder + sep);
}

function own(file: string, sideEffects: boolean): OnResolveResult {
  return { path: portableName(file), namespace: NAMESPACE, sideEffects, pluginData: { file } };
}

/** `sdk/serve/serve.ts` of ours, `pg/lib/client.js` of a package. */
function portableName(file: string): string {
  const name = inOwnFolder(file)
    ? relative(ownFolder, file)
    : (file.split(`${sep}node_modules${sep}`).at(-1) ?? file);
  return name.split(sep).join('/');
}

function loaderOf(file: string): Loader {
  const extension = extname(file);
  if (extension === '.ts' || extension === '.json') return extension.slice(1) as Loader;
  return 'js';
}
