import { join } from 'node:path';

import type { TimerWheel } from '../lib/timer-wheel.ts';
import { DiskTier } from './edge/cache/disk/disk-tier.ts';
import { SharedCache } from './edge/cache/shared-cache.ts';
import { createFrontends, type Frontends } from './edge/frontends/frontends.ts';
import { openKeptCopies, type KeptCopies } from './edge/frontends/kept-copies.ts';
import { Previews } from './edge/frontends/previews.ts';
import { createFrontendLoader, type FrontendLoader } from './load-frontends.ts';
import { LastGoodAnswers } from './gateway/ladder/last-good-answers.ts';
import type { WorkerLimits, WorkerOptions } from './worker.ts';

interface Usage {
  readonly answers: number;
  readonly bytes: number;
}

/** In memory, and on disk where there is one. */
export interface CacheUsage extends Usage {
  readonly disk: Usage | null;
}

/** What a worker keeps to answer with by itself: frontends, and answers of services. */
export interface WorkerStores {
  readonly frontends: Frontends;
  readonly loader: FrontendLoader;
  readonly previews: Previews;
  readonly cache: SharedCache;
  readonly lastGoodAnswers: LastGoodAnswers;
  /** What lies on disk is used once all that state knows of purges was `told`. */
  open(told: Promise<void>): void;
  cacheUsage(): CacheUsage;
  close(): Promise<void>;
}

type StoreOptions = Pick<
  WorkerOptions,
  'blobs' | 'clock' | 'log' | 'keptFrontends' | 'previewKey' | 'lastGoodFolder'
>;

export async function openStores(
  options: StoreOptions,
  limits: WorkerLimits,
  wheel: TimerWheel,
): Promise<WorkerStores> {
  const { blobs, clock, log, lastGoodFolder, previewKey = () => null } = options;
  const kept = await openCopies(options);
  const previews = new Previews({ blobs, clock, key: previewKey });
  const frontends = createFrontends({
    blobs: kept ?? blobs,
    previews,
    keep: (frontend, contents) => kept?.keep(frontend, contents),
    memoryBytes: limits.frontendBytes,
  });
  const { cacheBytes, cacheDiskBytes } = limits;
  const folder = join(lastGoodFolder, 'cache');
  const disk =
    cacheDiskBytes === 0 ? null : new DiskTier({ folder, limitBytes: cacheDiskBytes, clock, log });
  const cache = new SharedCache({ clock, wheel, limitBytes: cacheBytes, disk });
  const answersDisk = new DiskTier({
    folder: join(lastGoodFolder, 'answers'),
    limitBytes: limits.lastGoodDiskBytes,
    clock,
    log,
  });
  const lastGoodAnswers = new LastGoodAnswers({
    clock,
    limitBytes: limits.lastGoodBytes,
    disk: answersDisk,
  });
  return {
    frontends,
    loader: createFrontendLoader(frontends, clock, log),
    previews,
    cache,
    lastGoodAnswers,
    open(told) {
      void disk?.open(told);
      void answersDisk.open(told);
    },
    cacheUsage: () => ({ ...cache.usage(), disk: disk?.usage() ?? null }),
    async close() {
      await Promise.all([kept?.close(), disk?.close(), answersDisk.close()]);
    },
  };
}

async function openCopies({
  blobs,
  clock,
  log,
  keptFrontends = null,
}: StoreOptions): Promise<KeptCopies | null> {
  if (keptFrontends === null) return null;
  try {
    return await openKeptCopies({ blobs, kept: keptFrontends, clock, log });
  } catch (error) {
    // Without copies a worker serves all the same.
    log.warn('Copies of frontends cannot be kept', { error: String(error) });
    return null;
  }
}
