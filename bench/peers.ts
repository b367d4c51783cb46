import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { NOT_JUDGED } from '../tools/verdict.ts';
import { reportNumbers } from '../tests/support/prove.ts';
import { makeBenchCertificate } from './peers/bench-certificate.ts';
import { startCaddyProxy, startCaddyStatic } from './peers/caddy.ts';
import { compareServers, type Effort, type Measured } from './peers/compare.ts';
import { startHaproxy } from './peers/haproxy.ts';
import { startNginxCache, startNginxProxy, startNginxStatic, startOrigin } from './peers/nginx.ts';
import { peersStandAsUsual } from './peers/machine-fitness.ts';
import { printComparison, type Target, type Verdict } from './peers/print-comparison.ts';
import { type BenchServer, KEPT_SECONDS } from './peers/server.ts';
import { browserHeaders } from './peers/full-edge.ts';
import { startVarnish } from './peers/varnish.ts';
import { startTurnoutEdge, startTurnoutProxy, startTurnoutStatic } from './peers/turnout.ts';

const usage = `node bench/peers.ts [--quick] [--only NAME] [--json FILE]

Compares Turnout with nginx, HAProxy and Caddy in one run: each server on core 0, wrk and the
origin on core 1, 1 KB bodies over 64 kept connections, in turns; with TLS beside nginx with the
same certificate, on kept connections and on a new one for each request. Takes about 5 min; --quick
about 1 min, too short to judge by. Where it falls short and the peers do not stand to each other as
they do elsewhere, it exits 3: this machine cannot judge at the moment.`;

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string' },
    json: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  console.log(usage);
  process.exit();
}

const effort: Effort = values.quick
  ? { rounds: 1, seconds: 1, warmUpSeconds: 1, connections: 64 }
  : { rounds: 7, seconds: 2, warmUpSeconds: 2, connections: 64 };

/** Two of the same server differ by as much in p99. */
const AS_GOOD = 1.1;

/** 1 KB that does not compress, so that every server sends the same bytes. */
const body = Array.from({ length: 1_024 }, (_, i) =>
  (((i * 2_654_435_761) >>> 7) % 36).toString(36),
);

interface Comparison {
  readonly name: string;
  readonly title: string;
  readonly targets: readonly Target[];
  /** False makes a new connection for each request. */
  readonly isKept?: boolean;
  readonly headers?: readonly string[];
  /** Each request asks for another address. */
  readonly isEachAnother?: boolean;
  start(folder: string, started: (server: BenchServer) => BenchServer): Promise<BenchServer[]>;
}

const behindFullEdge = 'behind 1,000 bans, 50 rules, 300 routes; browsers ask';

const comparisons: readonly Comparison[] = [
  {
    name: 'proxy',
    title: 'Proxied requests',
    targets: [
      { peer: 'nginx', atLeast: 0.6 },
      { peer: 'caddy', atLeast: 1.7 },
    ],
    start: async (folder, started) => {
      const { url } = started(await startOrigin(folder, body.join('')));
      return [
        started(await startTurnoutProxy(folder, url)),
        started(await startNginxProxy(folder, url)),
        started(await startHaproxy(folder, url)),
        started(await startCaddyProxy(folder, url)),
      ];
    },
  },
  {
    name: 'static',
    title: 'Static files',
    targets: [{ peer: 'nginx', atLeast: 0.7 }],
    start: async (folder, started) => {
      const site = join(folder, 'site');
      mkdirSync(site);
      writeFileSync(join(site, 'index.html'), body.join(''));
      return [
        started(await startTurnoutStatic(folder, site)),
        started(await startNginxStatic(folder, site)),
        started(await startCaddyStatic(folder, site)),
      ];
    },
  },
  {
    name: 'cached',
    title: 'Answers from the cache',
    targets: [{ peer: 'nginx', atLeast: 0.6 }],
    start: async (folder, started) => {
      const { url } = started(await startOrigin(folder, body.join('')));
      return [
        started(await startTurnoutProxy(folder, url, `${KEPT_SECONDS}s`)),
        started(await startNginxCache(folder, url)),
      ];
    },
  },
  {
    name: 'edge',
    title: `Answers from the cache ${behindFullEdge}`,
    targets: [
      { peer: 'nginx', atLeast: 1.1, p99AtMost: AS_GOOD },
      { peer: 'nginx-of', atLeast: 0.95 },
      { peer: 'varnish', atLeast: 1.4 },
    ],
    headers: browserHeaders,
    start: startWithFullEdge('auto', true),
  },
  {
    name: 'edge-slow',
    title: `The same by Node's parser alone ${behindFullEdge}`,
    targets: [
      { peer: 'nginx', atLeast: 0.85 },
      { peer: 'nginx-of', atLeast: 0.7 },
      { peer: 'varnish', atLeast: 1.05 },
    ],
    headers: browserHeaders,
    start: startWithFullEdge('off', true),
  },
  {
    name: 'misses',
    title: `Answers that no cache has ${behindFullEdge}`,
    targets: [{ peer: 'nginx', atLeast: 0.8 }],
    headers: browserHeaders,
    isEachAnother: true,
    start: startWithFullEdge('auto', false),
  },
  {
    name: 'misses-slow',
    title: `The same by Node's parser alone ${behindFullEdge}`,
    targets: [{ peer: 'nginx', atLeast: 0.6 }],
    headers: browserHeaders,
    isEachAnother: true,
    start: startWithFullEdge('off', false),
  },
  {
    name: 'tls',
    title: 'Static files by TLS',
    targets: [{ peer: 'nginx', atLeast: 0.4 }],
    start: startWithTls,
  },
  {
    name: 'handshakes',
    title: 'New TLS connections, a request each',
    targets: [{ peer: 'nginx', atLeast: 0.3 }],
    isKept: false,
    start: startWithTls,
  },
];

function startWithFullEdge(fastPath: 'auto' | 'off', besideAll: boolean): Comparison['start'] {
  return async (folder, started) => {
    const { url } = started(await startOrigin(folder, body.join('')));
    return [
      started(await startTurnoutEdge(folder, url, fastPath)),
      started(await startNginxCache(folder, url)),
      ...(besideAll
        ? [
            started(await startNginxCache(folder, url, true)),
            started(await startVarnish(folder, url)),
          ]
        : []),
    ];
  };
}

async function startWithTls(
  folder: string,
  started: (server: BenchServer) => BenchServer,
): Promise<BenchServer[]> {
  const site = join(folder, 'site');
  mkdirSync(site);
  writeFileSync(join(site, 'index.html'), body.join(''));
  const certificate = makeBenchCertificate(folder);
  return [
    started(await startTurnoutStatic(folder, site, certificate)),
    started(await startNginxStatic(folder, site, certificate)),
  ];
}

async function run(comparison: Comparison): Promise<{ measured: Measured[]; verdicts: Verdict[] }> {
  const folder = mkdtempSync(join(tmpdir(), 'turnout-bench-'));
  const running: BenchServer[] = [];
  try {
    const servers = await comparison.start(folder, (server) => {
      running.push(server);
      return server;
    });
    const { isKept = true, headers = [], isEachAnother = false } = comparison;
    const asked = { ...effort, isKept, headers, isEachAnother };
    const measured = await compareServers(servers, asked, (line) => console.error(line));
    const { title, targets } = comparison;
    return { measured, verdicts: printComparison(title, measured, 'turnout', targets) };
  } finally {
    for (const server of running.toReversed()) await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

function byServer(
  measured: readonly Measured[],
  pick: (each: Measured) => number,
): Record<string, number> {
  return Object.fromEntries(measured.map((each) => [each.name, pick(each)]));
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}

const results: Record<string, unknown> = {};
let short = false;
let unusual = false;
for (const comparison of comparisons) {
  if (values.only !== undefined && values.only !== comparison.name) continue;
  const result = await run(comparison);
  results[comparison.name] = result;
  reportNumbers(comparison.title, {
    requestsPerSecond: byServer(result.measured, (each) => Math.round(each.perSecond)),
    cpuMicrosPerRequest: byServer(result.measured, (each) => rounded(each.cpuMicrosPerRequest)),
    ratios: Object.fromEntries(
      result.verdicts.map(({ peer, reached }) => [`to ${peer}`, rounded(reached)]),
    ),
  });
  short ||= result.verdicts.some((verdict) => !verdict.met);
  unusual ||= peersStandAsUsual(result.measured) === false;
}
if (short && unusual) {
  console.log('NOT JUDGED: caddy and nginx do not stand to each other here as they do elsewhere');
}
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(results, null, 2)}\n`);
if (short && !values.quick) process.exitCode = unusual ? NOT_JUDGED : 1;
