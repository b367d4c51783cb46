import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { TurnoutError } from '../lib/errors.ts';
import { bundleEntries } from './bundle-entries.ts';
import { gatherFolder, gatherIncluded } from './gather-files.ts';
import { runBuildCommand } from './run-build-command.ts';
import { storeRelease } from './store-release.ts';
import type { ServicePlan } from '../derive/release-plan/release-plan.ts';
import type { ReleaseFile } from './release-tree.ts';
import type { BuiltRelease } from './store-release.ts';

export interface BuildReleaseOptions {
  readonly plan: Pick<ServicePlan, 'service' | 'directory' | 'build'>;
  readonly siteDirectory: string;
  /** Where releases of all services lie. */
  readonly releasesFolder: string;
  /** Longest time for a build command; ten minutes unless told. */
  readonly timeoutMs?: number;
  /** Told in a few words what is being done. */
  readonly progress?: (message: string) => void;
}

const defaultTimeoutMs = 600_000;

/** Marks the folder as ES modules, whatever package it was bundled from. */
const packageFile: ReleaseFile = {
  kind: 'bytes',
  path: 'package.json',
  executable: false,
  bytes: Buffer.from('{"type":"module"}\n'),
};

/**
 * Builds a service and keeps the result as an immutable release, named by its content: equal
 * sources give an equal digest, wherever and whenever they are built. A service without entries is
 * taken as it lies in its folder.
 *
 * Rejects with a TurnoutError `release-…` that names the place and the remedy; then nothing is left
 * behind.
 */
export async function buildRelease(options: BuildReleaseOptions): Promise<BuiltRelease> {
  const { plan } = options;
  const directory = join(options.siteDirectory, plan.directory);
  if (!(await isFolder(directory))) {
    throw new TurnoutError(
      'release-folder-missing',
      `The folder ${plan.directory} of service ${plan.service} is not there.`,
      'Correct the path in site.yaml, or bring the folder back.',
    );
  }
  const files = await filesOf(options, directory);
  const count = files.length === 1 ? '1 file' : `${files.length} files`;
  options.progress?.(`storing ${count} of ${plan.service}`);
  return storeRelease(options.releasesFolder, plan.service, files);
}

async function filesOf(
  { plan, timeoutMs, progress }: BuildReleaseOptions,
  directory: string,
): Promise<readonly ReleaseFile[]> {
  const { build } = plan;
  if (build.kind === 'command') {
    progress?.(`building ${plan.service}: ${build.command}`);
    await runBuildCommand({
      command: build.command,
      directory,
      displayDirectory: plan.directory,
      timeoutMs: timeoutMs ?? defaultTimeoutMs,
    });
    return outputOf(directory, plan.directory, build.output);
  }
  if (build.entries.length === 0) return gatherFolder(directory);
  progress?.(`bundling ${plan.service}: ${build.entries.join(', ')}`);
  const bundled = await bundleEntries({
    directory,
    displayDirectory: plan.directory,
    entries: build.entries,
  });
  const included = await gatherIncluded(directory, plan.directory, build.include);
  return union(bundled, included, plan.directory);
}

async function outputOf(
  directory: string,
  displayDirectory: string,
  output: string,
): Promise<readonly ReleaseFile[]> {
  const folder = join(directory, output);
  const files = (await isFolder(folder)) ? await gatherFolder(folder) : [];
  if (files.length > 0) return files;
  throw new TurnoutError(
    'release-output-missing',
    `The build command ended well, but there is nothing in ${join(displayDirectory, output)}.`,
    'Name the folder it writes to as `build: { output: … }` in service.yaml.',
  );
}

function union(
  bundled: readonly ReleaseFile[],
  included: readonly ReleaseFile[],
  displayDirectory: string,
): readonly ReleaseFile[] {
  const taken = new Set(bundled.map((file) => file.path));
  const twice = included.find((file) => taken.has(file.path));
  if (twice !== undefined) {
    throw new TurnoutError(
      'release-path-conflict',
      `${displayDirectory}/${twice.path} is named by build.include, and the bundle writes a file of that name.`,
      'Rename one of the two; an entry `server.ts` becomes `server.js`.',
    );
  }
  const own = included.some((file) => file.path === packageFile.path);
  return [...bundled, ...included, ...(own ? [] : [packageFile])];
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}
