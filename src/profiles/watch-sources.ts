import { watch } from 'node:fs';
import { posix, sep } from 'node:path';
import type { FSWatcher } from 'node:fs';
import type { ReleasePlan } from '../derive/release-plan/release-plan.ts';
import type { Log } from '../lib/log.ts';

/** An editor saves in several steps, and a checkout changes many files: one build for all of it. */
const settleMs = 150;
/** What changes without being a source. */
const ignored = [
  '**/node_modules/**',
  '**/.turnout/**',
  '**/.git/**',
  '**/.*.sw?',
  '**/*~',
  '**/__pycache__/**',
];

/**
 * Calls `changed` shortly after any file of the site was changed, until closed. The folder of the
 * site is watched as a whole: manifests, sources, frontends, runbooks; `isOutput` says what builds
 * write there, which would otherwise begin the next build, for ever.
 */
export function watchSources(
  directory: string,
  log: Log,
  isOutput: (path: string) => boolean,
  changed: () => void,
): FSWatcher {
  let timer: NodeJS.Timeout | undefined;
  const options = { recursive: true, ignore: ignored };
  const watcher = watch(directory, options, (_event, path) => {
    if (path !== null && isOutput(path.split(sep).join('/'))) return;
    clearTimeout(timer);
    timer = setTimeout(changed, settleMs);
  });
  watcher.on('error', (error) => log.warn('watching failed', { reason: String(error) }));
  return watcher;
}

/** Whether the build of a service fills a file or folder; paths are relative to the site. */
export function isBuildOutput({ services }: Pick<ReleasePlan, 'services'>, path: string): boolean {
  return services.some(({ directory, build }) => {
    if (build.kind !== 'command') return false;
    const source = posix.join(directory, '.');
    const output = posix.join(directory, build.output).replace(/\/$/, '');
    // One that is filled beside its own sources cannot be told from them.
    if (output === source || output === '.') return false;
    return path === output || path.startsWith(`${output}/`);
  });
}
