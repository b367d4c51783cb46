import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeFileAtomically } from '../lib/atomic-file.ts';
import { TurnoutError } from '../lib/errors.ts';
import { isBackupManifest } from './manifest-shape.ts';

/** The layout of backups: one with a higher number was made by a newer Turnout. */
const BACKUP_FORMAT = 1;

/** Everything that a backup holds, with the digest of each file. */
export interface BackupManifest {
  readonly format: number;
  readonly id: string;
  readonly site: string;
  /** The Turnout that made it, and the layout of the state folder in it. */
  readonly turnout: string;
  readonly stateFormat: number;
  readonly startedAt: string;
  readonly finishedAt: string;
  /** Where the state folder lay: what it says of itself by path is changed when it is restored. */
  readonly root: string;
  readonly databases: readonly BackedUpDatabase[];
  readonly folders: readonly { readonly path: string; readonly mode: number }[];
  readonly files: readonly BackedUpFile[];
  readonly links: readonly { readonly path: string; readonly target: string }[];
}

export interface BackedUpDatabase {
  readonly resource: string;
  /** Copied from under a running server, or at rest. */
  readonly how: 'running' | 'stopped';
  /** What is in it: everything up to there; null at rest. */
  readonly stopLsn: string | null;
}

export interface BackedUpFile {
  /** Relative to the state folder. */
  readonly path: string;
  readonly bytes: number;
  /** Hexadecimal SHA-256. */
  readonly sha256: string;
  /** Permission bits that it has when restored. */
  readonly mode: number;
}

export const backupFormat: number = BACKUP_FORMAT;

/** Where the files of a backup lie, in the folder of that backup. */
export function contentFolder(folder: string): string {
  return join(folder, 'state');
}

export async function writeManifest(folder: string, manifest: BackupManifest): Promise<void> {
  const text = JSON.stringify(manifest);
  const sealed = `{"sha256":"${digestOf(text)}","manifest":${text}}\n`;
  await writeFileAtomically(fileIn(folder), sealed, 0o400);
}

/**
 * The manifest of a backup. Throws `backup-missing`, `backup-damaged` when it is not what was
 * written, and `backup-newer`.
 */
export function readManifest(folder: string): BackupManifest {
  let text: string;
  try {
    text = readFileSync(fileIn(folder), 'utf8');
  } catch (cause) {
    throw new TurnoutError(
      'backup-missing',
      `There is no backup in ${folder}.`,
      'Name the folder that was given to `turnout backup`, or one backup in it.',
      { cause },
    );
  }
  const match = /^\{"sha256":"([0-9a-f]{64})","manifest":(.*)\}\n$/.exec(text);
  if (match?.[2] === undefined || digestOf(match[2]) !== match[1]) throw damaged(folder);
  const manifest = parsed(match[2]);
  if (manifest === null) throw damaged(folder);
  if (manifest.format > BACKUP_FORMAT) {
    throw new TurnoutError(
      'backup-newer',
      `${folder} was written by Turnout ${manifest.turnout}, in a format that this one does not know.`,
      `Restore it with Turnout ${manifest.turnout} or later.`,
    );
  }
  if (!isBackupManifest(manifest)) throw damaged(folder);
  return manifest;
}

/** What says which format it has: one that is newer may say all else in other words. */
function parsed(text: string): Pick<BackupManifest, 'format' | 'turnout'> | null {
  try {
    const value = JSON.parse(text) as Partial<BackupManifest> | null;
    const { format, turnout } = value ?? {};
    return typeof format === 'number' && typeof turnout === 'string'
      ? { ...value, format, turnout }
      : null;
  } catch {
    return null;
  }
}

function fileIn(folder: string): string {
  return join(folder, 'manifest.json');
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function damaged(folder: string): TurnoutError {
  return new TurnoutError(
    'backup-damaged',
    `The manifest in ${folder} is not what was written.`,
    'Use another backup, and look at the disk it lies on.',
  );
}
