import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Agent, get } from 'node:http';
import { reportNumbers } from '../tests/support/prove.ts';
import { startNginxCache, startOrigin } from './peers/nginx.ts';
import { processCost } from './peers/process-cost.ts';
import type { BenchServer } from './peers/server.ts';
import { startTurnoutProxy } from './peers/turnout.ts';
import { startVarnish } from './peers/varnish.ts';

/**
 * `node bench/cached-memory.ts [objects]`: what an answer of 1 KiB costs in memory once it is kept,
 * in Turnout, nginx and Varnish, each filled with the same answers and asked for each of them
 * twice. Memory is what the processes of a server hold more than before (resident, so with what a
 * collector has not given back). nginx keeps bodies in files: what it holds is its index, and the
 * page cache of the system comes on top. It judges nobody.
 */
const OBJECTS = readObjects(process.argv[2] ?? '40000');
/** Asked for before anything is measured, so that code and buffers are there. */
const WARM_UP = 4_000;
const BODY_BYTES = 1_024;
const AT_ONCE = 32;

function readObjects(word: string): number {
  if (/^[1-9]\d{0,6}$/.test(word)) return Number(word);
  console.log(
    'node bench/cached-memory.ts [objects]: from 1 to 9999999, 40000 where none is said.',
  );
  process.exit(word === '--help' ? 0 : 2);
}

const folder = mkdtempSync(join(tmpdir(), 'turnout-bench-'));
const running: BenchServer[] = [];
const started = (server: BenchServer): BenchServer => {
  running.push(server);
  return server;
};

/** Asks for each address, `AT_ONCE` at a time; rejects where one is not answered 200. */
async function ask(url: string, from: number, to: number): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE });
  let next = from;
  const one = (address: string): Promise<void> =>
    new Promise((resolve, reject) => {
      get(address, { agent }, (answer) => {
        answer.resume().once('end', () => {
          if (answer.statusCode === 200) resolve();
          else reject(new Error(`${address} was answered ${answer.statusCode}`));
        });
      }).once('error', reject);
    });
  const client = async (): Promise<void> => {
    while (next < to) await one(`${url}page?n=${next++}`);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, client));
  agent.destroy();
}

try {
  const { url: origin } = started(await startOrigin(folder, 'x'.repeat(BODY_BYTES)));
  const servers = [
    started(await startTurnoutProxy(folder, origin, '1h')),
    started(await startNginxCache(folder, origin)),
    started(await startVarnish(folder, origin)),
  ];
  const bytesPerObject: Record<string, number> = {};
  for (const server of servers) {
    await ask(server.url, 0, WARM_UP);
    const before = processCost(server.pid).residentBytes;
    for (let turn = 0; turn < 2; turn++) await ask(server.url, WARM_UP, WARM_UP + OBJECTS);
    const after = processCost(server.pid).residentBytes;
    bytesPerObject[server.name] = Math.round((after - before) / OBJECTS);
    process.stdout.write(`${server.name.padEnd(8)} ${bytesPerObject[server.name]} bytes each\n`);
  }
  reportNumbers('memory of a kept answer of 1 KiB', { objects: OBJECTS, bytesPerObject });
} finally {
  for (const server of running.toReversed()) await server.stop();
  rmSync(folder, { recursive: true, force: true });
}
