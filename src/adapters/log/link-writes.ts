import { linkSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { LogDirectory } from './log-directory.ts';
import type { ProgressRecord } from './progress-record.ts';
import { ProgressReader } from './progress-reader.ts';

/** A file of the write log as it was at one moment: only its first `bytes` belong to that. */
export interface LinkedFile {
  /** Relative to the folder of the write log. */
  readonly path: string;
  readonly bytes: number;
}

export interface LinkedWrites {
  /** Where the second names are: `target`, or a folder in it. */
  readonly folder: string;
  readonly files: readonly LinkedFile[];
}

/** Writes are moved to other segments rarely, and linking takes milliseconds. */
const attempts = 20;

/**
 * Gives every file of a write log in use a second name in `target`, on the same file system, so
 * that together they are a queue that holds every write acknowledged before and not settled by
 * then.
 *
 * The drainer removes segments whose writes are settled or were moved. The progress file says where
 * to, so it is taken between two looks at the logs: what it speaks of was there at the second look.
 * When it says meanwhile that something was moved, all of it is done once more.
 */
export function linkWrites(source: string, target: string): LinkedWrites {
  const directory = new LogDirectory(source);
  for (let attempt = 1; attempt <= attempts; attempt += 1) {
    const folder = join(target, String(attempt));
    const linked = new Map<string, LinkedFile>();
    const link = (path: string): void => linkFile(directory.path, folder, path, linked);
    const reader = new ProgressReader(directory, () => undefined);
    try {
      for (const path of logPaths(directory)) link(path);
      reader.read();
      const taken = reader.position;
      if (taken !== null) {
        const file = relative(source, directory.progressFile(taken.name));
        link(file);
        if (linked.has(file)) linked.set(file, { path: file, bytes: taken.length });
      }
      for (const path of logPaths(directory)) link(path);
      for (const path of otherPaths(directory)) link(path);
      const news = reader.read();
      const isTaken =
        taken === null || linked.has(relative(source, directory.progressFile(taken.name)));
      if (isTaken && !news.reset && !news.records.some(isMove)) {
        return { folder, files: [...linked.values()] };
      }
    } finally {
      reader.close();
    }
  }
  throw new Error(`the writes in ${source} do not hold still to be copied`);
}

function isMove({ kind }: ProgressRecord): boolean {
  return kind === 'replaced' || kind === 'begun';
}

function logPaths(directory: LogDirectory): readonly string[] {
  return namesIn(directory.logs).flatMap((log) =>
    directory
      .segmentIndexes(log)
      .map((index) => relative(directory.path, directory.segment(log, index))),
  );
}

function otherPaths(directory: LogDirectory): readonly string[] {
  return ['boots', 'quarantine'].flatMap((folder) =>
    namesIn(join(directory.path, folder)).map((name) => join(folder, name)),
  );
}

function linkFile(
  source: string,
  target: string,
  path: string,
  linked: Map<string, LinkedFile>,
): void {
  const place = join(target, path);
  try {
    if (!linked.has(path)) {
      mkdirSync(dirname(place), { recursive: true, mode: 0o700 });
      linkSync(join(source, path), place);
    }
    // Seen for the second time it may have grown, and has its name already.
    linked.set(path, { path, bytes: statSync(place).size });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
