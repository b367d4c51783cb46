import { glob, readdir, realpath, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { TurnoutError } from '../lib/errors.ts';
import type { Stats } from 'node:fs';
import type { ReleaseFile } from './release-tree.ts';

/** Never part of a release, wherever they lie. */
const leftOut = new Set(['.git', '.turnout', '.DS_Store']);
const limitFiles = 50_000;
const limitBytes = 2 * 1024 ** 3;

/**
 * Every file below a folder, as it would lie in a release under `prefix`; links are followed as
 * long as they stay inside `within`. Rejects with `release-too-large` beyond 50,000 files or 2 GiB,
 * and with `release-link-outside`.
 */
export async function gatherFolder(
  folder: string,
  within: string = folder,
  prefix = '',
): Promise<readonly ReleaseFile[]> {
  const files: ReleaseFile[] = [];
  const home = await realpath(within);
  let bytes = 0;
  const visit = async (at: string, depth: number): Promise<void> => {
    for (const name of (await readdir(at)).sort()) {
      if (leftOut.has(name)) continue;
      const from = join(at, name);
      const found = await statInside(from, home);
      if (found.isDirectory()) {
        if (depth > 64) throw tooLarge(folder);
        await visit(from, depth + 1);
      } else if (found.isFile()) {
        bytes += found.size;
        files.push(copyOf(from, join(prefix, relative(folder, from)), found));
        if (files.length > limitFiles || bytes > limitBytes) throw tooLarge(folder);
      }
    }
  };
  await visit(folder, 0);
  return files;
}

/**
 * The files that `build.include` names: a file, a folder with all below it, or a glob; each at the
 * same path in the release as in the service. Rejects with `release-include-missing` when one names
 * nothing.
 */
export async function gatherIncluded(
  directory: string,
  displayDirectory: string,
  patterns: readonly string[],
): Promise<readonly ReleaseFile[]> {
  const files = new Map<string, ReleaseFile>();
  for (const pattern of patterns) {
    let named = 0;
    for await (const path of glob(pattern.replace(/\/$/, ''), { cwd: directory })) {
      if (path.split(sep).includes('..')) continue;
      for (const file of await gatherPath(directory, path)) files.set(file.path, file);
      named += 1;
    }
    if (named > 0) continue;
    throw new TurnoutError(
      'release-include-missing',
      `build.include names ${pattern}, and nothing in ${displayDirectory} fits.`,
      'Create it, or correct `build: { include: … }` in service.yaml; paths are relative to the service.',
    );
  }
  return [...files.values()];
}

async function gatherPath(directory: string, path: string): Promise<readonly ReleaseFile[]> {
  const from = join(directory, path);
  const found = await statInside(from, await realpath(directory));
  if (!found.isDirectory()) return [copyOf(from, path, found)];
  return gatherFolder(from, directory, path);
}

function copyOf(from: string, path: string, { mode }: Stats): ReleaseFile {
  return { kind: 'copy', path, executable: (mode & 0o111) !== 0, from };
}

async function statInside(file: string, home: string): Promise<Stats> {
  const real = await realpath(file);
  if (real !== home && !real.startsWith(home + sep)) {
    throw new TurnoutError(
      'release-link-outside',
      `${file} is a link to ${real}, outside of what the release is made from.`,
      'Copy the file into the service, so that its release holds all that it needs.',
    );
  }
  return stat(real);
}

function tooLarge(folder: string): TurnoutError {
  return new TurnoutError(
    'release-too-large',
    `${folder} holds more than ${limitFiles} files, 2 GiB, or 64 levels of folders.`,
    'Let the build write only what the service needs to run into a folder of its own, and name that as `build.output`.',
  );
}
