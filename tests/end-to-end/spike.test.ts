import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startOrigin, type Origin } from '../support/http-origin.ts';
import { startLoad, type LoadReport } from '../support/load.ts';
import { count, isProving, reportNumbers } from '../support/prove.ts';
import { createSite, type TestSite } from '../support/site-harness.ts';
import { tinySite } from '../support/tiny-site.ts';

/** What arrived in a minute on the day that everyone turned up. */
const IN_A_MINUTE = 148_000;
const REQUESTS = count(IN_A_MINUTE / 20, IN_A_MINUTE);
const WORKERS = 2;
/** So many that the crowd comes within its minute, though each waits where the service is asked. */
const CONNECTIONS = count(64, 400);
/** The home page, and what it shows. */
const OBJECTS = 30;
const LASTING_S = 3_600;
const BRIEF_S = 2;

const asked = new Map<string, number>();
let origin: Origin;
let site: TestSite;

function isBrief(path: string): boolean {
  return path.startsWith('/news');
}

before(async () => {
  origin = await startOrigin((request, response) => {
    const path = request.url ?? '';
    asked.set(path, (asked.get(path) ?? 0) + 1);
    const lifetime = isBrief(path) ? BRIEF_S : LASTING_S;
    const headers = { 'cache-control': `max-age=${lifetime}`, 'content-type': 'text/plain' };
    // As a service does that has much to do: all of the crowd is there before the answer is.
    setTimeout(() => response.writeHead(200, headers).end(path.padEnd(2_000, '.')), 300);
  });
  const files = tinySite({ workers: WORKERS });
  site = await createSite({
    ...files,
    'services/hello/server.ts': '',
    'services/hello/service.yaml': `turnout: 1
service: hello
what: Is somewhere else.
at: http://127.0.0.1:${origin.port}
features:
  everything:
    tier: important
    routes: [ANY /**]
    ladder: [stale 1h, closed]
`,
  });
  await site.up();
});
after(async () => {
  await site?.close();
  await origin?.[Symbol.asyncDispose]();
});

/** As many requests as asked for, each for one of the objects, each held to what it must be. */
async function crowd(requests: number): Promise<LoadReport & { readonly seconds: number }> {
  const paths = Array.from({ length: OBJECTS }, (_, i) => (i % 3 === 0 ? `/news/${i}` : `/${i}`));
  const startedMs = performance.now();
  const { promise: enough, resolve } = Promise.withResolvers<void>();
  let sent = 0;
  const load = startLoad({
    origin: await site.origin(),
    connections: CONNECTIONS,
    pauseMs: 20,
    next: (connection, n) => {
      if (++sent >= requests) resolve();
      const path = paths[(connection * 7 + n) % OBJECTS] as string;
      return {
        method: 'GET',
        path,
        check: ({ status, body }) =>
          status === 200 && body === path.padEnd(2_000, '.') ? null : `${status}: ${body}`,
      };
    },
  });
  await enough;
  const report = await load.stop();
  return { ...report, seconds: Math.round((performance.now() - startedMs) / 100) / 10 };
}

test('a crowd that finds nothing kept asks once for each object and worker', async () => {
  const { reasons, ...numbers } = await crowd(REQUESTS);
  const fetches = [...asked.values()].reduce((sum, times) => sum + times, 0);
  reportNumbers('spike on a cold cache', { ...numbers, fetches });
  assert.deepEqual(reasons, []);
  if (isProving) assert.ok(numbers.seconds <= 60, `it took ${numbers.seconds} s`);
  for (const [path, times] of asked) {
    const lifetimes = isBrief(path) ? Math.ceil(numbers.seconds / BRIEF_S) + 1 : 1;
    assert.ok(times <= WORKERS * lifetimes, `${path} was asked for ${times} times`);
  }
  assert.equal(asked.size, OBJECTS);
});

test('the service dies under the crowd: what was kept is served, also past its time', async () => {
  const running = crowd(REQUESTS);
  await origin[Symbol.asyncDispose]();
  const { reasons, ...numbers } = await running;
  reportNumbers('spike on a dead service', numbers);
  assert.deepEqual(reasons, []);
  assert.equal(numbers.ok, numbers.sent);
});
