import { readFile } from 'node:fs/promises';
import { type WriteKeyFile, WriteKeys, WRITE_KEY_BYTES } from '../contract/write-keys.ts';
import type { Log } from '../lib/log.ts';
import { writeFileAtomically } from '../lib/atomic-file.ts';
import type { Clock } from '../ports/clock/port.ts';
import type { Randomness } from '../ports/randomness/port.ts';
import { makeFileOnce } from './make-file-once.ts';

/** How soon a rotated key is known to all processes. */
const LOOK_MS = 5_000;
const PATIENCE_MS = 500;
/** Enough for all that may wait; what is older opens nothing any more. */
const MOST_KEYS = 16;

/** What queued writes are sealed with, followed as it changes; read off the event loop. */
export interface FollowedWriteKeys {
  keys(): WriteKeys | null;
  close(): void;
}

/**
 * Reads the keys of the site's queued writes, makes them where there are none, and follows them.
 * Rejects never: while they cannot be had nothing is queued, and that is logged.
 */
export async function followWriteKeys(
  file: string,
  { randomness, clock, log }: { randomness: Randomness; clock: Clock; log: Log },
): Promise<FollowedWriteKeys> {
  let known: WriteKeys | null = null;
  let text = '';
  const look = async (): Promise<void> => {
    try {
      // New ones in the place of those that are gone would open nothing of what waits.
      const now = known === null ? await readOrMake(file, randomness) : await textOf(file);
      if (now === null) throw new Error(`${file} is gone; those that were read go on`);
      if (now === text) return;
      text = now;
      const read = WriteKeys.read(JSON.parse(now));
      if (read === null) throw new Error(`${file} holds no keys`);
      known = read;
    } catch (error) {
      log.warn('The keys of queued writes cannot be read', { reason: String(error) });
    }
  };
  // A disk that hangs must not keep a process from serving.
  await Promise.race([look(), clock.sleep(PATIENCE_MS)]);
  const timer = clock.every(LOOK_MS, () => void look());
  return { keys: () => known, close: () => timer.cancel() };
}

/** Null where there are none yet. */
export async function readWriteKeys(file: string): Promise<WriteKeys | null> {
  const text = await textOf(file);
  return text === null ? null : WriteKeys.read(JSON.parse(text));
}

/** A new key from now on; those before still open what they have sealed. Resolves with its id. */
export async function rotateWriteKeys(file: string, randomness: Randomness): Promise<string> {
  const { order, keys } = JSON.parse(await readOrMake(file, randomness)) as WriteKeyFile;
  const key = newKey(randomness);
  const next: WriteKeyFile = { order, keys: [key, ...keys].slice(0, MOST_KEYS) };
  await writeFileAtomically(file, JSON.stringify(next));
  return key.id;
}

async function readOrMake(file: string, randomness: Randomness): Promise<string> {
  const kept = await textOf(file);
  if (kept !== null) return kept;
  const order = Buffer.from(randomness.bytes(WRITE_KEY_BYTES)).toString('base64');
  const made: WriteKeyFile = { order, keys: [newKey(randomness)] };
  await makeFileOnce(file, JSON.stringify(made));
  return readFile(file, 'utf8');
}

async function textOf(file: string): Promise<string | null> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

function newKey(randomness: Randomness): WriteKeyFile['keys'][number] {
  return {
    id: Buffer.from(randomness.bytes(4)).toString('hex'),
    key: Buffer.from(randomness.bytes(WRITE_KEY_BYTES)).toString('base64'),
  };
}
