import { watch } from 'node:fs';
import type { FSWatcher } from 'node:fs';
import type { Log } from '../lib/log.ts';

/** An editor saves in several steps, and a checkout changes many files: one build for all of it. */
const settleMs = 150;
/** What changes without being a source. */
const ignored = ['**/node_modules/**', '**/.turnout/**', '**/.git/**', '**/.*.sw?', '**/*~'];

/**
 * Calls `changed` shortly after any file of the site was changed, until closed. The folder of the
 * site is watched as a whole: manifests, sources, frontends, runbooks.
 */
export function watchSources(directory: string, log: Log, changed: () => void): FSWatcher {
  let timer: NodeJS.Timeout | undefined;
  const watcher = watch(directory, { recursive: true, ignore: ignored }, () => {
    clearTimeout(timer);
    timer = setTimeout(changed, settleMs);
  });
  watcher.on('error', (error) => log.warn('watching failed', { reason: String(error) }));
  return watcher;
}
