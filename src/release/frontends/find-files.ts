import { readdir, realpath, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { TurnoutError } from '../../lib/errors.ts';

export interface FoundFile {
  /** Relative to the folder, with forward slashes. */
  readonly path: string;
  readonly absolute: string;
  readonly bytes: number;
}

/**
 * What one frontend may hold: far above any real one, far below what would hurt a worker's memory.
 */
const limits = {
  files: 20_000,
  bytes: 4 * 1024 ** 3,
  fileBytes: 1024 ** 3,
  depth: 32,
  pathCharacters: 1_024,
};

/**
 * Every file of a folder that is to be published, ordered by path.
 *
 * Names that start with a dot stay private (`.git`, `.env`), except `.well-known` (RFC 8615). A
 * symbolic link is followed when it stays inside the folder. Rejects with TurnoutError
 * `frontend-folder-missing`, `frontend-empty`, `frontend-too-large`, `frontend-link-escapes`,
 * `frontend-name-unservable` or `frontend-file-unreadable`.
 */
export async function findFiles(frontend: string, directory: string): Promise<FoundFile[]> {
  const root = await realpath(directory).catch(() => null);
  if (root === null || !(await stat(root)).isDirectory()) {
    throw new TurnoutError(
      'frontend-folder-missing',
      `The frontend ${frontend} has no folder: ${directory} is not there, or no folder.`,
      'Create the folder (run the build that fills it), or correct `frontends` in site.yaml.',
    );
  }
  const search: Search = { frontend, root, found: [], bytes: 0 };
  await searchFolder(search, '', 0);
  if (search.found.length === 0) {
    throw new TurnoutError(
      'frontend-empty',
      `The frontend ${frontend} is empty: ${directory} holds no file to publish.`,
      'Run the build that fills it. Names that start with a dot are not published.',
    );
  }
  return search.found.sort((a, b) => (a.path < b.path ? -1 : 1));
}

interface Search {
  readonly frontend: string;
  readonly root: string;
  readonly found: FoundFile[];
  bytes: number;
}

async function searchFolder(search: Search, folder: string, depth: number): Promise<void> {
  if (depth > limits.depth) {
    throw tooLarge(search, `${folder} lies more than ${limits.depth} folders deep`);
  }
  for (const entry of await readdir(join(search.root, folder), { withFileTypes: true })) {
    if (entry.name.startsWith('.') && entry.name !== '.well-known') continue;
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
    assertServable(search, path);
    if (entry.isSymbolicLink()) await assertInside(search, path);
    const absolute = join(search.root, path);
    const found = await stat(absolute);
    if (found.isDirectory()) await searchFolder(search, path, depth + 1);
    else if (found.isFile()) addFile(search, { path, absolute, bytes: found.size });
    else throw unreadable(search, path, 'is neither a file nor a folder');
  }
}

/** A name that no address can reach: it would be published, and never found. */
function assertServable({ frontend }: Search, path: string): void {
  // A name that is not UTF-8 comes with the sign that stands for what cannot be read.
  const why = /[\p{Cc}\\]/u.test(path)
    ? 'has a control character or a backslash in its name'
    : path.includes('\ufffd')
      ? 'has a name that is not UTF-8'
      : path.length > limits.pathCharacters
        ? `has a path of more than ${limits.pathCharacters} characters`
        : null;
  if (why === null) return;
  throw new TurnoutError(
    'frontend-name-unservable',
    `The frontend ${frontend} cannot be published: ${JSON.stringify(path)} ${why}.`,
    'Rename the file; no browser could ask for it.',
  );
}

function addFile(search: Search, file: FoundFile): void {
  if (file.bytes > limits.fileBytes) {
    throw tooLarge(search, `${file.path} has more than ${limits.fileBytes / 1024 ** 3} GiB`);
  }
  search.found.push(file);
  search.bytes += file.bytes;
  if (search.found.length > limits.files) {
    throw tooLarge(search, `it holds more than ${limits.files} files`);
  }
  if (search.bytes > limits.bytes) {
    throw tooLarge(search, `it holds more than ${limits.bytes / 1024 ** 3} GiB`);
  }
}

/**
 * A link out of the folder would publish what nobody meant to publish, and differ from machine to
 * machine.
 */
async function assertInside(search: Search, path: string): Promise<void> {
  const target = await realpath(join(search.root, path)).catch(() => null);
  if (target === null) throw unreadable(search, path, 'is a link to nothing');
  if (target === search.root || target.startsWith(search.root + sep)) return;
  throw new TurnoutError(
    'frontend-link-escapes',
    `The frontend ${search.frontend} cannot be published: ${path} links to ${target}, outside its folder.`,
    'Copy the file into the folder, or remove the link.',
  );
}

function unreadable(search: Search, path: string, why: string): TurnoutError {
  return new TurnoutError(
    'frontend-file-unreadable',
    `The frontend ${search.frontend} cannot be published: ${path} ${why}.`,
    'Remove it from the folder.',
  );
}

function tooLarge(search: Search, why: string): TurnoutError {
  return new TurnoutError(
    'frontend-too-large',
    `The frontend ${search.frontend} is too large to publish: ${why}.`,
    'Publish only what browsers ask for. Large media belongs in an object store behind a service.',
  );
}
