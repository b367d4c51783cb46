import { constants } from 'node:fs';
import { open, readdir, realpath, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { TurnoutError } from '../lib/errors.ts';
import { largestFileBytes, type Reader, type ReadOutcome, type Sight } from './reader.ts';

/**
 * Reads a site from a folder. Symbolic links are followed inside it and refused when they lead out.
 */
export function filesystemReader(directory: string): Reader {
  const root = realpath(directory);
  return {
    read: async (path, limitBytes = largestFileBytes) => {
      const real = await resolveInside(await root, path);
      return typeof real === 'string' ? readBounded(real, limitBytes) : real;
    },
    folders: async (path) => {
      const real = await resolveInside(await root, path);
      if (typeof real !== 'string') return [];
      const entries = await readdir(real, { withFileTypes: true }).catch(onMissing);
      return (entries ?? [])
        .filter((entry) => entry.isDirectory() || entry.isSymbolicLink())
        .map((entry) => entry.name)
        .sort();
    },
    look: async (path) => {
      const real = await resolveInside(await root, path);
      return typeof real === 'string'
        ? sightOf(real)
        : real.kind === 'outside'
          ? 'outside'
          : 'nothing';
    },
  };
}

type Unresolved = Exclude<ReadOutcome, { readonly kind: 'text' }>;

async function resolveInside(root: string, path: string): Promise<string | Unresolved> {
  try {
    const real = await realpath(join(root, path));
    return real === root || real.startsWith(root + sep) ? real : { kind: 'outside' };
  } catch (error) {
    return isMissing(error) ? { kind: 'missing' } : { kind: 'unreadable', why: whyOf(error) };
  }
}

async function readBounded(path: string, limitBytes: number): Promise<ReadOutcome> {
  try {
    // Not blocking: a named pipe in place of a manifest would otherwise hold us for ever.
    const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const found = await file.stat();
      if (!found.isFile()) return { kind: 'unreadable', why: 'it is not a file' };
      if (found.size > limitBytes) return { kind: 'too-large', bytes: found.size };
      const bytes = await file.readFile();
      const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
      return { kind: 'text', text };
    } finally {
      await file.close();
    }
  } catch (error) {
    if (error instanceof TypeError) return { kind: 'unreadable', why: 'it is not UTF-8' };
    return isMissing(error) ? { kind: 'missing' } : { kind: 'unreadable', why: whyOf(error) };
  }
}

async function sightOf(path: string): Promise<Sight> {
  const found = await stat(path).catch(onMissing);
  if (found === null) return 'nothing';
  return found.isDirectory() ? 'folder' : 'file';
}

/** Throws `site-unreadable`: to pass over a folder in silence could lose a service. */
function onMissing(error: unknown): null {
  if (isMissing(error)) return null;
  throw new TurnoutError(
    'site-unreadable',
    `A part of the site cannot be read: ${error instanceof Error ? error.message : String(error)}.`,
    'Give this user the right to read every file and folder of the site.',
    { cause: error },
  );
}

function isMissing(error: unknown): boolean {
  return (
    error instanceof Error && 'code' in error && ['ENOENT', 'ENOTDIR'].includes(String(error.code))
  );
}

function whyOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}
