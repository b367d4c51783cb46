import { mkdirSync, watch } from 'node:fs';
import { basename, dirname } from 'node:path';
import type { Log } from '../lib/log.ts';

/** A change replaces the file in two steps. */
const settleMs = 100;

/**
 * Calls `changed` shortly after any of these files was replaced, made or removed, until closed. The
 * controller sees by itself what `turnout secret` has done.
 */
export function watchSecrets(
  files: readonly string[],
  log: Log,
  changed: () => void,
): { close(): void } {
  let timer: NodeJS.Timeout | undefined;
  const watchers = files.map((file) => {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    const watcher = watch(dirname(file), (_event, name) => {
      if (name !== basename(file)) return;
      clearTimeout(timer);
      timer = setTimeout(changed, settleMs);
    });
    watcher.on('error', (error) => log.warn('watching failed', { reason: String(error) }));
    return watcher;
  });
  return {
    close() {
      clearTimeout(timer);
      for (const watcher of watchers) watcher.close();
    },
  };
}
