import { constants } from 'node:fs';
import { open, realpath } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { filesOfEdge } from '../derive/edge/derive-edge.ts';
import type { EdgeConfiguration } from '../derive/edge/edge-configuration.ts';
import { filesOfLadders } from '../derive/policies/derive-policies.ts';
import type { Policies } from '../derive/policies/policies.ts';
import { TurnoutError } from '../lib/errors.ts';
import type { Blobs } from '../ports/blobs/port.ts';

/** Enough for a database of every network, or a million addresses. */
const MAX_FILE_BYTES = 64 * 1024 * 1024;

/**
 * Stores each file that an edge names as a blob, so that every worker has the same bytes, and says
 * which. Rejects with TurnoutError `edge-file-unreadable`.
 */
export async function storeEdgeFiles(
  edge: EdgeConfiguration,
  siteDirectory: string,
  blobs: Blobs,
): Promise<EdgeConfiguration> {
  const files: Record<string, string> = {};
  // One after another: they may be large, and are rarely many.
  for (const file of filesOfEdge(edge)) {
    files[file] = await blobs.put(await readInside(siteDirectory, file));
  }
  return { ...edge, files };
}

/** The same for the files that `static` rungs name. */
export async function storeLadderFiles(
  policies: Policies,
  siteDirectory: string,
  blobs: Blobs,
): Promise<Policies> {
  const files: Record<string, string> = {};
  for (const file of filesOfLadders(policies)) {
    files[file] = await blobs.put(await readInside(siteDirectory, file));
  }
  return { ...policies, files };
}

/** A file inside the site directory, links followed. */
export async function readInside(siteDirectory: string, file: string): Promise<Uint8Array> {
  try {
    const root = await realpath(siteDirectory);
    const path = await realpath(join(root, file));
    if (!path.startsWith(root + sep)) throw new Error('it leads out of the site directory');
    const opened = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const found = await opened.stat();
      if (!found.isFile()) throw new Error('it is not a file');
      if (found.size > MAX_FILE_BYTES) throw new Error('it is larger than 64 MiB');
      return await opened.readFile();
    } finally {
      await opened.close();
    }
  } catch (error) {
    throw new TurnoutError(
      'edge-file-unreadable',
      `The file ${file}, which a manifest names, cannot be read: ${error instanceof Error ? error.message : String(error)}.`,
      'Put it back, or correct the manifest; what was in force stays in force.',
      { cause: error },
    );
  }
}
