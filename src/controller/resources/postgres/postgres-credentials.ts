import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomically } from '../../../lib/atomic-file.ts';

/**
 * Kept beside the data, 0600: the passwords of the superuser, of the owner of the one database, and
 * of the role that replicas fetch the log as.
 */
export interface PostgresCredentials {
  /** Of a resource laid down before there were members, each with a port of its own. */
  readonly port?: number | null;
  readonly superuserPassword: string;
  readonly ownerPassword: string;
  readonly replicatorPassword: string;
}

/** Name of the superuser; services get the owner of their own database, who is none. */
export const superuser = 'turnout';

/** Reads what is kept, or makes it up and keeps it. */
export async function openCredentials(folder: string): Promise<PostgresCredentials> {
  const text = await readFile(fileIn(folder), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  const kept = text === null ? {} : (JSON.parse(text) as Partial<PostgresCredentials>);
  const credentials = {
    superuserPassword: password(),
    ownerPassword: password(),
    replicatorPassword: password(),
    ...kept,
  };
  // Those of an earlier version lack what has come since.
  if (kept.replicatorPassword === undefined) {
    await writeFileAtomically(fileIn(folder), `${JSON.stringify(credentials, null, 2)}\n`, 0o600);
  }
  return credentials;
}

function fileIn(folder: string): string {
  return join(folder, 'credentials.json');
}

function password(): string {
  return randomBytes(24).toString('base64url');
}
