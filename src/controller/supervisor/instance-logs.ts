import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { rotateLog } from '../../lib/rotate-log.ts';

/** Logs of instances that are gone, kept for a look back. */
const keptOfGone = 20;

/** Where an instance writes. */
export function instanceLog(folder: string, service: string, id: string): string {
  return join(folder, service, `${id}.log`);
}

/**
 * Rotates the logs of running instances and removes those of all but the last gone ones: bounded,
 * however long it runs. Only logs that `isOwn` knows are counted: jobs write beside instances.
 */
export async function tidyLogs(
  folder: string,
  service: string,
  running: ReadonlySet<string>,
  isOwn: (id: string) => boolean,
): Promise<void> {
  const home = join(folder, service);
  const names = await readdir(home).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  const gone = new Map<string, string[]>();
  for (const name of names) {
    const id = name.replace(/\.log(\.\w+)?$/, '');
    if (!isOwn(id)) continue;
    if (running.has(id)) {
      if (name.endsWith('.log')) rotateLog(join(home, name));
    } else gone.set(id, [...(gone.get(id) ?? []), name]);
  }
  if (gone.size <= keptOfGone) return;
  const aged = await Promise.all(
    [...gone.values()].map(async (files) => ({ files, writtenMs: await lastWritten(home, files) })),
  );
  const old = aged.sort((a, b) => b.writtenMs - a.writtenMs).slice(keptOfGone);
  for (const file of old.flatMap(({ files }) => files)) await rm(join(home, file), { force: true });
}

async function lastWritten(home: string, files: readonly string[]): Promise<number> {
  const times = await Promise.all(
    files.map((file) =>
      stat(join(home, file)).then(
        (found) => found.mtimeMs,
        () => 0,
      ),
    ),
  );
  return Math.max(...times);
}
