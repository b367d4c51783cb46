import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { startLoad, type LoadReport } from '../tests/support/load.ts';
import { reportNumbers } from '../tests/support/prove.ts';
import { startOrigin } from './peers/nginx.ts';
import { processCost } from './peers/process-cost.ts';
import { freePort } from './peers/server.ts';
import { startTurnoutMixed, type TurnoutServer } from './peers/turnout.ts';
import { growthOf, type Sample } from './soak/growth.ts';
import { mixedRequest, writeSoakFiles } from './soak/mixed-requests.ts';
import { collectAndMeasure, type LiveMemory } from './soak/worker-memory.ts';

const usage = `node bench/soak.ts [--minutes 10] [--connections 32] [--pause 40]

Whether a worker's memory grows: proxied and static requests of every kind over kept and closed
connections, at a bounded rate (each connection pauses that many milliseconds between requests),
while the frontend is published anew every 10 s. After a warm-up of a fifth of the time, memory may
grow by less than 2 %.`;

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    connections: { type: 'string', default: '32' },
    pause: { type: 'string', default: '40' },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  console.log(usage);
  process.exit();
}
const measuredMs = Number(values.minutes) * 60_000;
const warmUpMs = measuredMs / 5;
const publishEveryMs = 10_000;
const releasesInTurn = 6;
const allowedPercent = 2;

const folder = mkdtempSync(join(tmpdir(), 'turnout-soak-'));
const files = join(folder, 'files');
mkdirSync(files);
writeSoakFiles(files, 0);
const inspectPort = await freePort();
const origin = await startOrigin(folder, 'x'.repeat(1_024));
const worker = await startTurnoutMixed(folder, files, origin.url, [
  `--inspect=127.0.0.1:${inspectPort}`,
]);
let releases = 0;

interface Soaked {
  readonly samples: readonly Sample[];
  readonly requests: LoadReport;
}

/** Load for a while, with a new release now and then and a look at the memory every second. */
async function soak(durationMs: number, server: TurnoutServer): Promise<Soaked> {
  const samples: Sample[] = [];
  const load = startLoad({
    origin: new URL(server.url).origin,
    connections: Number(values.connections),
    pauseMs: Number(values.pause),
    next: mixedRequest,
  });
  let requests: LoadReport;
  try {
    await watchAndPublish(durationMs, server, samples);
  } finally {
    requests = await load.stop();
  }
  return { samples, requests };
}

async function watchAndPublish(
  durationMs: number,
  server: TurnoutServer,
  samples: Sample[],
): Promise<void> {
  const startedMs = performance.now();
  let nextReleaseMs = startedMs + publishEveryMs;
  while (performance.now() - startedMs < durationMs) {
    await sleep(1_000);
    const { residentBytes } = processCost(server.pid);
    samples.push({ atMs: performance.now(), bytes: residentBytes });
    if (performance.now() < nextReleaseMs) continue;
    nextReleaseMs += publishEveryMs;
    releases += 1;
    // A few releases in turn: ever new ones would fill the memory that is set aside for contents.
    writeSoakFiles(server.files, releases % releasesInTurn);
    await server.publish();
    const seconds = Math.round((performance.now() - startedMs) / 1_000);
    console.error(`${String(seconds).padStart(5)} s  ${mib(residentBytes)} MiB resident`);
  }
}

/** What stays when nothing is asked of it: under load resident memory swings with the collector. */
async function measureAtRest(server: TurnoutServer): Promise<LiveMemory> {
  let memory = await collectAndMeasure(server.pid, inspectPort);
  for (let look = 0; look < 5; look += 1) {
    await sleep(1_000);
    memory = await collectAndMeasure(server.pid, inspectPort);
  }
  return memory;
}

function mib(bytes: number): number {
  return Math.round((bytes / 1024 ** 2) * 10) / 10;
}

function inMib({ heapBytes, externalBytes, residentBytes }: LiveMemory): Record<string, number> {
  return { heap: mib(heapBytes), external: mib(externalBytes), resident: mib(residentBytes) };
}

try {
  console.error(`warming up for ${Math.round(warmUpMs / 1_000)} s`);
  await soak(warmUpMs, worker);
  const before = await measureAtRest(worker);
  console.error(`soaking for ${Math.round(measuredMs / 1_000)} s`);
  const { samples, requests } = await soak(measuredMs, worker);
  const after = await measureAtRest(worker);
  const underLoad = growthOf(samples);
  const live = ({ heapBytes, externalBytes }: LiveMemory): number => heapBytes + externalBytes;
  const percent = {
    live: (live(after) / live(before) - 1) * 100,
    resident: (after.residentBytes / before.residentBytes - 1) * 100,
    residentUnderLoad: underLoad.percent,
  };
  const { reasons, ...counts } = requests;
  reportNumbers(`worker memory over ${values.minutes} minutes`, {
    requests: counts,
    releases,
    afterWarmUpMib: inMib(before),
    atTheEndMib: inMib(after),
    growthPercent: Object.fromEntries(
      Object.entries(percent).map(([name, value]) => [name, Math.round(value * 100) / 100]),
    ),
    residentSlopeUnderLoadMibPerHour: mib(underLoad.bytesPerHour),
  });
  if (reasons.length > 0) console.error(reasons.join('\n'));
  const grew = percent.live >= allowedPercent || percent.resident >= allowedPercent;
  if (grew) console.error(`memory grew by ${allowedPercent} % or more`);
  if (grew || counts.sent > counts.ok) process.exitCode = 1;
} finally {
  await worker.stop();
  await origin.stop();
  rmSync(folder, { recursive: true, force: true });
}
