import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** The timelines whose histories are in a member's log; null when its folder cannot be read. */
export async function timelineHistories(dataFolder: string): Promise<readonly number[] | null> {
  const names = await readdir(join(dataFolder, 'pg_wal')).catch(() => null);
  if (names === null) return null;
  return names.flatMap((name) => {
    const found = /^([0-9A-F]{8})\.history$/.exec(name)?.[1];
    return found === undefined ? [] : [Number.parseInt(found, 16)];
  });
}
