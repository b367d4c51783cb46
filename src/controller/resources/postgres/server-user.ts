import { execFile } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { promisify } from 'node:util';
import { TurnoutError } from '../../../lib/errors.ts';

const run = promisify(execFile);

/** Whom the database server runs as, when that is not ourselves. */
export interface ServerUser {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

const ownName = 'turnout-postgres';
/** The second is what distributions call theirs. */
const knownNames = [ownName, 'postgres'];

/**
 * PostgreSQL refuses to run as root. Null when we are not root: then it runs as we do. Else an
 * account that is there, or a system account that is made now, without home or login. Rejects with
 * `postgres-user-missing`.
 */
export async function findServerUser(): Promise<ServerUser | null> {
  if (process.getuid?.() !== 0) return null;
  for (const name of knownNames) {
    const found = await lookUp(name);
    if (found !== null) return found;
  }
  const reason = await create();
  const made = await lookUp(ownName);
  if (made !== null) return made;
  throw new TurnoutError(
    'postgres-user-missing',
    `PostgreSQL does not run as root, and the account ${ownName} could not be made: ${reason}.`,
    `Run turnout as an ordinary user, or make the account (\`useradd --system ${ownName}\`), or give the resource a \`url\` in site.yaml.`,
  );
}

/**
 * Who runs the servers on these data folders: data that are there already stay with their owner;
 * new ones get an account of their own when we are root. Rejects with `postgres-data-foreign` when
 * somebody else made them.
 */
export async function serverUserFor(dataFolders: readonly string[]): Promise<ServerUser | null> {
  const own = process.getuid?.() ?? 0;
  for (const folder of dataFolders) {
    const data = await stat(folder).catch(() => null);
    if (data === null) continue;
    if (own === 0 && data.uid !== 0) {
      return { name: `uid ${data.uid}`, uid: data.uid, gid: data.gid };
    }
    if (data.uid === own) return own === 0 ? findServerUser() : null;
    throw new TurnoutError(
      'postgres-data-foreign',
      `The database in ${folder} belongs to another user (uid ${data.uid}).`,
      'Run turnout as the user who made it, or as root.',
    );
  }
  return findServerUser();
}

async function lookUp(name: string): Promise<ServerUser | null> {
  try {
    const uid = Number((await run('id', ['-u', name])).stdout);
    const gid = Number((await run('id', ['-g', name])).stdout);
    return uid > 0 ? { name, uid, gid } : null;
  } catch {
    return null;
  }
}

/** An account switched to without its login environment lacks the folders of these tools. */
const administratorPath = '/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin';

/** By the tool of most distributions, else by that of busybox; why not, when neither did it. */
async function create(): Promise<string> {
  const ways: readonly (readonly [string, readonly string[]])[] = [
    [
      'useradd',
      ['--system', '--user-group', '--home-dir', '/nonexistent', '--shell', '/bin/false', ownName],
    ],
    ['adduser', ['-S', '-D', '-H', '-s', '/bin/false', ownName]],
  ];
  let reason = '';
  for (const [command, words] of ways) {
    try {
      await run(command, [...words], { env: { PATH: administratorPath } });
      return '';
    } catch (error) {
      reason ||= (error as Error).message.trim();
    }
  }
  return reason;
}
