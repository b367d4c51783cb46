import { mkdirSync } from 'node:fs';
import { openFilesystemBlobs } from '../adapters/filesystem/blobs.ts';
import { openSqliteJournal } from '../adapters/sqlite/journal.ts';
import { openSqliteState } from '../adapters/sqlite/state.ts';
import { systemClock } from '../adapters/system/clock.ts';
import { systemRandomness } from '../adapters/system/randomness.ts';
import { workerCopies, workerLastGood } from '../contract/state-folder.ts';
import { plainHeadProof } from '../data-plane/edge/receive/plain-head-proof.ts';
import { startWorker } from '../data-plane/worker.ts';
import type { Blobs } from '../ports/blobs/port.ts';
import { LateJournal } from './late-journal.ts';
import { LateState } from './late-state.ts';
import { openBlobs } from './open-blobs.ts';
import { openOperatorToken } from './operator-token.ts';
import { readPreviewKey } from './preview-key.ts';
import { workerQueue } from './worker-queue.ts';
import { onStopSignal, readProcessStart } from './process-start.ts';
import { registerInTime } from './register-in-time.ts';

/** Less than the keeper's patience, so that a worker ends by itself. */
const drainMs = 25_000;

const start = readProcessStart();
const { folder, id, settings, log } = start;
const lastGoodFolder = workerLastGood(folder, id);
mkdirSync(lastGoodFolder, { recursive: true, mode: 0o700 });

// Nothing here may keep a worker from serving by what it last knew.
const state = new LateState(() => openSqliteState({ folder: folder.root }));
const journal = new LateJournal(() => openSqliteJournal({ folder: folder.root }));
const record = registerInTime('worker', start, state, systemClock);
const queue = await workerQueue(folder, id, log);
const worker = await startWorker({
  id,
  state,
  blobs: (await openBlobs(folder, systemClock)).blobs,
  clock: systemClock,
  randomness: systemRandomness,
  listen: {
    http: settings.http,
    https: settings.https && {
      ...settings.https,
      siteDirectory: settings.siteDirectory,
      ticketsFile: folder.sessionTickets,
    },
    internal: settings.internal,
  },
  lastGoodFolder,
  keptFrontends: await openCopies(),
  isFast: settings.fastPath === 'auto' && process.version === plainHeadProof.node,
  queue,
  operatorToken: openOperatorToken(folder.token, systemClock),
  previewKey: () => readPreviewKey(folder.previewKey),
  log,
  journal,
  limits: { cacheBytes: settings.cache.memoryBytes, cacheDiskBytes: settings.cache.diskBytes },
});
void record.update('running');
log.info('serving', {
  port: worker.address.port,
  https: worker.httpsAddress?.port ?? null,
  internal: worker.internalAddress?.port ?? null,
});

/** A disk that takes no copies must not keep a worker from serving. */
async function openCopies(): Promise<Blobs | null> {
  try {
    return await openFilesystemBlobs({ root: workerCopies(folder, id) });
  } catch (error) {
    log.warn('copies of frontends cannot be kept', { reason: String(error) });
    return null;
  }
}

onStopSignal(log, async () => {
  const told = record.update('stopping');
  await worker.close({ drainMs });
  await queue.close();
  await told;
  await record.remove();
  await journal.close();
});
