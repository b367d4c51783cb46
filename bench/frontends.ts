import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openFilesystemBlobs } from '../src/adapters/filesystem/blobs.ts';
import { openSqliteState } from '../src/adapters/sqlite/state.ts';
import { systemClock } from '../src/adapters/system/clock.ts';
import { fixedEdge } from '../tests/support/fixed-tables.ts';
import { createFrontends } from '../src/data-plane/edge/frontends/frontends.ts';
import type { Answer, Exchange } from '../src/data-plane/exchange.ts';
import { compileConfiguration } from '../src/data-plane/compile-configuration.ts';
import { createServices } from '../src/data-plane/gateway/services.ts';
import type { FrontendRoute } from '../src/derive/routes/route-table.ts';
import { createTimerWheel } from '../src/lib/timer-wheel.ts';
import type { Blobs } from '../src/ports/blobs/port.ts';
import { publishFrontend } from '../src/release/frontends/publish-frontend.ts';
import { readPointer } from '../src/release/frontends/move-pointer.ts';
import { writeFiles } from '../tests/support/frontend-site.ts';
import { plainConfiguration } from '../tests/support/site-worker.ts';

/*
 * What a request costs on a site of 150 frontends beside one of 1, for as many files: the stages
 * that depend on how many there are (from the path to a frontend, to a file, to the answer made
 * ready), in processor time, turn by turn so that a busy machine disturbs both alike. And what each
 * frontend takes in memory. `node --expose-gc --conditions=turnout-source bench/frontends.ts`
 */
const many = Number(process.env['FRONTENDS'] ?? 150);
const filesEach = 40;
const requests = 200_000;
const rounds = Number(process.env['ROUNDS'] ?? 11);

interface Site {
  readonly heapBytes: number;
  /** Processor time of a request, in microseconds. */
  round(): number;
}

const root = await mkdtemp(join(tmpdir(), 'turnout-bench-'));
const state = await openSqliteState({ folder: root });
const blobs = await openFilesystemBlobs({ folder: root });
try {
  for (let number = 0; number < many; number += 1) await publish(number);
  const one = await openSite([1], blobs);
  const all = await openSite([...Array(many).keys()], blobs);
  const ratios: number[] = [];
  const costs: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const [first, second] = round % 2 === 0 ? [one, all] : [all, one];
    const [a, b] = [first.round(), second.round()];
    ratios.push(round % 2 === 0 ? b / a : a / b);
    costs.push(round % 2 === 0 ? b : a);
  }
  const perFrontend = (all.heapBytes - one.heapBytes) / (many - 1);
  console.log(
    `a request on ${many} frontends costs ${median(ratios).toFixed(3)} of one on 1 frontend ` +
      `(median of ${rounds} turns of ${requests} requests; ${median(costs).toFixed(2)} µs of CPU)\n` +
      `a frontend of ${filesEach} files takes ${(perFrontend / 1024).toFixed(1)} KiB of heap, ` +
      `${(perFrontend / filesEach).toFixed(0)} bytes a file, before its contents are held`,
  );
} finally {
  await state.close();
  await rm(root, { recursive: true, force: true });
}

async function publish(number: number): Promise<void> {
  const directory = join(root, 'files', `front-${number}`);
  const prefix = number === 0 ? '/' : `/front-${number}`;
  await writeFiles(directory, {
    'index.html': `<!doctype html><title>${number}</title>`,
    _redirects: `${prefix === '/' ? '' : prefix}/old /new`,
    ...Object.fromEntries(
      Array.from({ length: filesEach - 1 }, (_, file) => [`part-${file}.txt`, `${number}/${file}`]),
    ),
  });
  await publishFrontend({
    name: `front-${number}`,
    directory,
    place: { prefix, fallback: null, notFound: null },
    state,
    blobs,
    clock: systemClock,
    progress: () => undefined,
  });
}

async function openSite(numbers: readonly number[], from: Blobs): Promise<Site> {
  const before = heapBytes();
  const plain = plainConfiguration([]);
  const frontends = numbers.map(routeOf).toReversed();
  const configuration = { ...plain, routes: { ...plain.routes, frontends } };
  const services = createServices(createTimerWheel(0, 25));
  const { routes } = compileConfiguration(configuration, services, fixedEdge()).public;
  const server = createFrontends({ blobs: from, memoryBytes: 64 * 1024 ** 2 });
  for (const number of numbers) {
    const pointer = await readPointer(state, `front-${number}`);
    if (pointer === null) throw new Error('it was published');
    await server.use(pointer);
  }
  const heap = heapBytes() - before;
  const answer = (path: string): Answer | Promise<Answer> => {
    const match = routes.match('site.example', 'GET', path);
    if (match.kind !== 'frontend') throw new Error(`${path} is of no frontend`);
    return server.serve(exchangeFor(path), match.frontend);
  };
  const paths = Array.from({ length: filesEach - 1 }, (_, file) => {
    const front = numbers[(file * 7) % numbers.length] as number;
    return `${front === 0 ? '' : `/front-${front}`}/part-${file}.txt`;
  });
  // Every file once, so that its bytes are in memory.
  for (const path of paths) {
    const { status } = await answer(path);
    if (status !== 200) throw new Error(`${path} is ${status}`);
  }
  return {
    heapBytes: heap,
    round: () => {
      const start = process.cpuUsage();
      for (let number = 0; number < requests; number += 1) {
        answer(paths[number % paths.length] as string);
      }
      const { user, system } = process.cpuUsage(start);
      return (user + system) / requests;
    },
  };
}

function routeOf(number: number): FrontendRoute {
  const prefix = number === 0 ? '/' : `/front-${number}`;
  const depth = number === 0 ? 0 : 1;
  const frontend = `front-${number}`;
  return { frontend, prefix, depth, hosts: [], fallback: null, notFound: null, cacheMs: 60_000 };
}

function exchangeFor(path: string): Exchange {
  return {
    id: 'bench',
    request: {
      method: 'GET',
      path,
      query: null,
      host: 'site.example',
      authority: 'site.example',
      headers: ['accept', '*/*', 'accept-encoding', 'gzip, br'],
      client: {
        address: '127.0.0.1',
        ip: null,
        peerIp: null,
        isThroughTrustedHop: false,
        scheme: 'http',
        forwardedHost: null,
        forwardingLines: '',
      },
      tags: [],
      protocol: '1.1',
      trace: { traceparent: '', tracestate: null },
      body: null,
      expectContinue: false,
      acceptsTrailers: false,
      upgrade: null,
    },
    inform: () => undefined,
    onAbandoned: () => undefined,
  };
}

function heapBytes(): number {
  globalThis.gc?.();
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
