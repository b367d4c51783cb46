import { readAddress } from '../src/data-plane/edge/admit/client-address.ts';
import { systemRandomness } from '../src/adapters/system/randomness.ts';
import { compileRules, type CompiledRules } from '../src/data-plane/edge/rules/compile-rules.ts';
import { judgeRequest } from '../src/data-plane/edge/rules/judge-request.ts';
import { RequestFacts } from '../src/data-plane/edge/rules/request-facts.ts';
import { RuleMemory } from '../src/data-plane/edge/rules/rule-memory.ts';
import { fixedViews } from '../src/data-plane/edge/tables/fixed-views.ts';
import type { ExchangeRequest } from '../src/data-plane/exchange.ts';
import type { EdgeConfiguration, EdgeRule } from '../src/derive/edge/edge-configuration.ts';
import { noEdge } from '../src/derive/edge/derive-edge.ts';
import { edgeLanguage } from '../src/lib/edge-language.ts';

/**
 * `node bench/rules.ts [milliseconds]`: what 5 and 50 rules of the usual shapes cost a request that
 * none of them stops, beside cel-js evaluating the same conditions, parsed ahead.
 */
const forMs = Number(process.argv[2] ?? 1_000);

const agents = ['WordPress', 'pingback', 'sqlmap', 'nikto', 'masscan', 'zgrab', 'python-requests'];
const shapes: readonly ((n: number) => string)[] = [
  () => 'client.address in tables.wall',
  (n) => `request.method == "POST" && request.path == "/api/donations/${n}"`,
  (n) => `request.path.startsWith("/wp-${n}/")`,
  (n) => `request.headers["user-agent"].contains("${agents[n % agents.length]}-${n}")`,
  (n) => `request.path in ["/.env${n}", "/.git/config${n}"] || request.path == "/xmlrpc${n}.php"`,
  (n) => `request.host == "old-${n}.example" && request.path.startsWith("/")`,
  (n) => `request.path == "/api/session" && client.country == "X${n}"`,
  () => 'has(request.headers.x_scanner) && request.headers.x_scanner != ""',
  (n) =>
    `request.method == "DELETE" && !(client.address in tables.wall) && request.path != "/${n}"`,
  (n) => `request.path.startsWith("/admin/${n}") || request.path.startsWith("/console/${n}")`,
];

function edgeWith(count: number): EdgeConfiguration {
  const rules = Array.from({ length: count }, (_, n): EdgeRule => ({
    name: `rule-${n}`,
    when: shapes[n % shapes.length]?.(n) ?? 'false',
    mode: 'enforce',
    action: { kind: 'respond', status: 403, reason: null, page: null, headers: {} },
    expires: null,
  }));
  const entry = { value: null, why: null, author: null, expiresMs: null };
  const entries = [{ key: '203.0.113.0/24', ...entry }];
  return { ...noEdge, tables: [{ name: 'wall', kind: 'cidr', entries, file: null }], rules };
}

const paths = Array.from({ length: 64 }, (_, n) => `/events/${n}/details`);
const headers = [
  'user-agent',
  'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0 Safari/537',
  'accept',
  'text/html,application/xhtml+xml',
  'accept-language',
  'en-US,en;q=0.9',
  'accept-encoding',
  'gzip, br',
  'cookie',
  'session=0123456789abcdef; theme=dark',
  'referer',
  'https://www.example.org/',
];

function requestTo(path: string, n: number): ExchangeRequest {
  const address = `192.0.2.${n}`;
  const ip = readAddress(address);
  const client = {
    address,
    ip,
    peerIp: ip,
    isThroughTrustedHop: false,
    scheme: 'https',
  } as const;
  return {
    method: 'GET',
    path,
    query: null,
    host: 'www.example.org',
    authority: 'www.example.org',
    headers,
    client: { ...client, forwardedHost: null, forwardingLines: '' },
    tags: [],
    protocol: '1.1',
    trace: { traceparent: '', tracestate: null },
    body: null,
    expectContinue: false,
    acceptsTrailers: false,
    upgrade: null,
  };
}

const requests = paths.map(requestTo);
const world = { nowMs: () => 0, monotonicMs: () => 0, randomness: systemRandomness };

function compiled(edge: EdgeConfiguration): CompiledRules {
  const files = new Map<string, Uint8Array>();
  const rules = compileRules(edge, {
    files,
    tables: fixedViews(edge, files, 0),
    memory: new RuleMemory(),
  });
  if (rules === null) throw new Error('there are no rules');
  return rules;
}

function ours(rules: CompiledRules): (request: ExchangeRequest) => boolean {
  return (request) => {
    const candidates = rules.index.candidates(request.method, request.host, request.path);
    const view = new RequestFacts(request, rules.geography);
    const effects = { tags: [], skipsCache: false };
    const verdict = judgeRequest(candidates, 0, { view, effects, request: '' }, world);
    return verdict.kind === 'go-on';
  };
}

function peer(edge: EdgeConfiguration): (request: ExchangeRequest) => boolean {
  const language = edgeLanguage([{ name: 'wall', kind: 'cidr' }]);
  const conditions = edge.rules.map(({ when }) => language.parse(when));
  const wall = fixedViews(edge, new Map(), 0).get('wall');
  // The peer knows a type by its constructor alone.
  if (wall === undefined) throw new Error('there is no wall');
  Object.defineProperty(wall, 'constructor', { value: Object.getPrototypeOf(wall.constructor) });
  return (request) => {
    const fields = new Map<string, string>();
    for (let i = 0; i < request.headers.length; i += 2) {
      fields.set(request.headers[i] ?? '', request.headers[i + 1] ?? '');
    }
    const context = {
      request: {
        ...request,
        headers: fields,
        query: new Map(),
        cookies: new Map(),
        body_bytes: 0n,
      },
      client: { ...request.client, country: '', as_number: 0n, as_name: '', trusted_hop: false },
      tables: { wall },
    };
    return !conditions.some((condition) => {
      try {
        return condition(context) === true;
      } catch {
        return false;
      }
    });
  };
}

/** The best of five rounds, in nanoseconds of our own CPU time a request. */
function measure(judge: (request: ExchangeRequest) => boolean): number {
  let best = Infinity;
  for (let round = 0; round < 5; round++) {
    let count = 0;
    let usedMicroseconds = 0;
    const before = process.cpuUsage();
    while (usedMicroseconds < forMs * 1_000) {
      for (let n = 0; n < 50; n++) {
        for (const request of requests) if (!judge(request)) throw new Error('a rule has hit');
      }
      count += 50 * requests.length;
      usedMicroseconds = process.cpuUsage(before).user;
    }
    best = Math.min(best, (usedMicroseconds * 1_000) / count);
  }
  return best;
}

for (const count of [5, 50]) {
  const edge = edgeWith(count);
  const own = measure(ours(compiled(edge)));
  const theirs = measure(peer(edge));
  process.stdout.write(
    `${count} rules: ${own.toFixed(0)} ns a request; cel-js ${theirs.toFixed(0)} ns, ` +
      `${(theirs / own).toFixed(1)} times as much\n`,
  );
}
