import { chmod, chown, lchown, mkdir, symlink } from 'node:fs/promises';
import { dirname, isAbsolute, join, normalize } from 'node:path';
import { syncDirectory } from '../lib/atomic-file.ts';
import { TurnoutError } from '../lib/errors.ts';
import { mapBounded } from '../lib/map-bounded.ts';
import { contentFolder } from './backup-manifest.ts';
import type { BackedUpFile, BackupManifest } from './backup-manifest.ts';
import { copyFile } from './copy-file.ts';

export interface ReadProgress {
  readonly files: number;
  readonly bytes: number;
}

/** A file of a backup that is not what the manifest says. */
export interface BackupDamage {
  readonly path: string;
  readonly what: 'missing' | 'changed';
}

const filesAtOnce = 4;
/** Nothing is restored that runs with the rights of another account. */
const PERMISSIONS = 0o777;

/** Reads a whole backup and names every file that is not what was written. */
export async function verifyBackup(
  folder: string,
  manifest: BackupManifest,
  progress: (read: ReadProgress) => void,
): Promise<readonly BackupDamage[]> {
  const found = await readFiles(manifest, progress, (file) =>
    damageOf(file, () => copyFile(fileOf(folder, file.path), null)),
  );
  return found.filter((damage) => damage !== null);
}

export interface UnpackOptions {
  /** The folder of one backup. */
  readonly folder: string;
  readonly manifest: BackupManifest;
  /** Made anew. Of no use unless this resolved. */
  readonly target: string;
  /** Who is to own a path; null leaves it to this process. */
  readonly ownerOf: (path: string) => { readonly uid: number; readonly gid: number } | null;
  readonly progress: (read: ReadProgress) => void;
}

/**
 * Lays down what a backup holds, on the disk when it resolves. Each file is checked as it is read,
 * and one that is not what was written rejects with `backup-damaged`.
 */
export async function unpackBackup(options: UnpackOptions): Promise<void> {
  const { folder, manifest, target, ownerOf, progress } = options;
  const own = async (path: string): Promise<void> => {
    const owner = ownerOf(path);
    if (owner !== null) await chown(join(target, path), owner.uid, owner.gid);
  };
  const folders = foldersOf(manifest);
  for (const path of folders) await mkdir(join(target, path), { recursive: true, mode: 0o700 });
  const damages = await readFiles(manifest, progress, async (file) => {
    const to = join(target, file.path);
    const damage = await damageOf(file, () => copyFile(fileOf(folder, file.path), to));
    if (damage !== null) throw damaged(folder, [damage]);
    await chmod(to, file.mode & PERMISSIONS);
    await own(file.path);
    return damage;
  });
  if (damages.length !== manifest.files.length) throw new Error('not every file was read');
  for (const link of manifest.links) {
    await symlink(link.target, join(target, inside(link.path)));
    const owner = ownerOf(link.path);
    if (owner !== null) await lchown(join(target, link.path), owner.uid, owner.gid);
  }
  const modes = new Map(manifest.folders.map(({ path, mode }) => [path, mode]));
  // The deepest first: a release's folders are read-only.
  for (const path of folders.toReversed()) {
    await syncDirectory(join(target, path));
    await chmod(join(target, path), (modes.get(path) ?? 0o700) & PERMISSIONS);
    await own(path);
  }
}

/** What to say of a backup that was found damaged. */
export function damaged(folder: string, damages: readonly BackupDamage[]): TurnoutError {
  const shown = damages.slice(0, 5).map(({ path, what }) => `${path} is ${what}`);
  if (damages.length > shown.length) shown.push(`and ${damages.length - shown.length} more`);
  return new TurnoutError(
    'backup-damaged',
    `The backup ${folder} is damaged: ${shown.join(', ')}. Nothing was changed.`,
    'Use another backup (`turnout backup list`), and look at the disk this one lies on.',
  );
}

async function readFiles<Result>(
  manifest: BackupManifest,
  progress: (read: ReadProgress) => void,
  work: (file: BackedUpFile) => Promise<Result>,
): Promise<readonly Result[]> {
  let files = 0;
  let bytes = 0;
  return mapBounded(manifest.files, filesAtOnce, async (file) => {
    const result = await work(file);
    files += 1;
    bytes += file.bytes;
    progress({ files, bytes });
    return result;
  });
}

async function damageOf(
  { path, bytes, sha256 }: BackedUpFile,
  read: () => Promise<{ readonly bytes: number; readonly sha256: string }>,
): Promise<BackupDamage | null> {
  try {
    const found = await read();
    return found.sha256 === sha256 && found.bytes === bytes ? null : { path, what: 'changed' };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { path, what: 'missing' };
    throw error;
  }
}

/** Every folder that is to be there, parents first. */
function foldersOf({ folders, files, links }: BackupManifest): readonly string[] {
  const all = new Set<string>(['.']);
  const add = (path: string): void => {
    for (let at = inside(path); at !== '.'; at = dirname(at)) all.add(at);
  };
  for (const { path } of folders) add(path);
  for (const { path } of [...files, ...links]) add(dirname(inside(path)));
  return [...all].sort();
}

function fileOf(folder: string, path: string): string {
  return join(contentFolder(folder), inside(path));
}

/** A path that stays where it belongs. */
function inside(path: string): string {
  if (isAbsolute(path) || normalize(path) !== path || path.startsWith('..')) {
    throw new TurnoutError(
      'backup-damaged',
      `The manifest of the backup names ${JSON.stringify(path)}, which is no path in a state folder.`,
      'Use another backup (`turnout backup list`), and ask who wrote this one.',
    );
  }
  return path;
}
