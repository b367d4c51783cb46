import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { reportNumbers } from '../tests/support/prove.ts';
import { processCost } from './peers/process-cost.ts';
import { freePort } from './peers/server.ts';

/**
 * `node bench/links.ts [rounds]`: a link beside a bare `node:net` pump, turn by turn, each on core
 * 0, load and target on core 1. Exits 1 below the promised ratio, by speed or by CPU.
 */
const rounds = Number(process.argv[2] ?? 7);
const roundMs = 1_500;
const warmUpMs = 500;
const atLeast = 0.8;
const chunk = Buffer.alloc(64 * 1024, 'x');
const message = Buffer.alloc(64, 'x');
const program = fileURLToPath(new URL('./links/pump-process.ts', import.meta.url));

type Load = (port: number, served: () => void) => Socket;

/** Sends as fast as it is taken; the target drops it. */
const stream: Load = (port) => {
  const socket = connect({ port, host: '127.0.0.1' });
  const push = (): void => {
    while (!socket.destroyed && socket.write(chunk));
  };
  socket.on('drain', push).on('connect', push);
  return socket;
};

/** One small message at a time, sent again when its echo is there. */
const roundTrip: Load = (port, served) => {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  let missing = message.length;
  socket.on('connect', () => socket.write(message));
  socket.on('data', (data: Buffer) => {
    missing -= data.length;
    if (missing > 0) return;
    missing = message.length;
    served();
    socket.write(message);
  });
  return socket;
};

const cases = [
  { name: 'stream, MB/s', load: stream, connections: 4, echo: false },
  { name: 'round trips/s', load: roundTrip, connections: 16, echo: true },
] as const;

let receivedBytes = 0;

async function startTarget(echo: boolean): Promise<{ port: number; close(): void }> {
  const server = createServer({ noDelay: true }, (socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (data: Buffer) => {
      receivedBytes += data.length;
      if (echo) socket.write(data);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { port: (server.address() as AddressInfo).port, close: () => server.close() };
}

async function startPump(kind: 'link' | 'bare', target: number, folder: string) {
  const port = await freePort();
  const words = [process.execPath, program, kind, String(port), String(target), folder];
  const child: ChildProcess = spawn('taskset', ['-c', '0', ...words], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  process.once('exit', () => child.kill('SIGKILL'));
  await once(child, 'message');
  return { port, pid: child.pid ?? -1, stop: () => child.kill('SIGKILL') };
}

interface Measured {
  readonly perSecond: number;
  /** Of the pump's process for one unit, in milliseconds. */
  readonly cpuMs: number;
}

async function measure(
  { port, pid }: { readonly port: number; readonly pid: number },
  load: Load,
  connections: number,
): Promise<Measured> {
  let served = 0;
  const sockets = Array.from({ length: connections }, () => load(port, () => (served += 1)));
  for (const socket of sockets) socket.on('error', () => undefined);
  await sleep(warmUpMs);
  served = 0;
  receivedBytes = 0;
  const startedMs = performance.now();
  const before = cpuMsOf(pid);
  await sleep(roundMs);
  const seconds = (performance.now() - startedMs) / 1_000;
  const units = load === stream ? receivedBytes / 1e6 : served;
  const cpuMs = (cpuMsOf(pid) - before) / units;
  for (const socket of sockets) socket.destroy();
  await sleep(100);
  return { perSecond: units / seconds, cpuMs };
}

function cpuMsOf(pid: number): number {
  const { userMs, systemMs } = processCost(pid);
  return userMs + systemMs;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

execFileSync('taskset', ['-cp', '1', String(process.pid)]);
const folder = mkdtempSync(join(tmpdir(), 'turnout-bench-'));
process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
for (const { name, load, connections, echo } of cases) {
  const target = await startTarget(echo);
  const link = await startPump('link', target.port, folder);
  const bare = await startPump('bare', target.port, folder);
  const linked: Measured[] = [];
  const plain: Measured[] = [];
  for (let round = 0; round < rounds; round += 1) {
    linked.push(await measure(link, load, connections));
    plain.push(await measure(bare, load, connections));
  }
  link.stop();
  bare.stop();
  target.close();
  const pairs = linked.flatMap((one, n) =>
    plain[n] === undefined ? [] : [[one, plain[n]] as const],
  );
  const ratio = median(pairs.map(([one, other]) => one.perSecond / other.perSecond));
  const byCpu = median(pairs.map(([one, other]) => other.cpuMs / one.cpuMs));
  reportNumbers(name, {
    link: Math.round(median(linked.map(({ perSecond }) => perSecond))),
    bare: Math.round(median(plain.map(({ perSecond }) => perSecond))),
    ratio: Number(ratio.toFixed(2)),
    ratioByCpu: Number(byCpu.toFixed(2)),
    atLeast,
  });
  if (Math.min(ratio, byCpu) < atLeast) process.exitCode = 1;
}
process.exit();
