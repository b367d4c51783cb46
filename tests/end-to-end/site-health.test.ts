import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import type { SiteHealth, SiteHealthInFull } from '../../src/contract/site-health.ts';
import { eventually } from '../support/eventually.ts';
import { createSite, type TestSite } from '../support/site-harness.ts';
import { tinySite } from '../support/tiny-site.ts';

/** Answers well and says that its partner is lost, as long as it is told so. */
const server = `
import { createServer } from 'node:http';

let report = 'ok';
let status = 200;
createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url, 'http://x');
  if (pathname === '/health') return response.end();
  if (pathname === '/set') {
    report = searchParams.get('report');
    status = Number(searchParams.get('status'));
  }
  response.writeHead(pathname === '/set' ? 200 : status, { 'Service-Health': report }).end('x');
}).listen(Number(process.env.PORT), '127.0.0.1');
`;

/** Processes of a real site: two workers, of which each sees half of what happens. */
describe('how a site of several workers stands', () => {
  let site: TestSite;
  let origin: string;
  before(async () => {
    const files = tinySite({ instances: 1, workers: 2, server });
    const manifest = files['services/hello/service.yaml'] ?? '';
    site = await createSite({
      ...files,
      'services/hello/service.yaml': manifest
        .replace('features:', 'needs:\n  partner: { http: http://127.0.0.1:9 }\nfeatures:')
        .replace('routes: [ANY /**]', 'routes: [ANY /**]\n    needs: [partner]'),
    });
    await site.up();
    origin = await site.origin();
    await site.until('it is up', ({ services }) => services.every(({ state }) => state === 'up'));
  });
  after(() => site.close());

  const address = '/.well-known/turnout/health';
  const health = async (): Promise<SiteHealth> =>
    (await (await fetch(`${origin}${address}`)).json()) as SiteHealth;
  const inFull = async (): Promise<SiteHealthInFull> => {
    const authorization = `Bearer ${readFileSync(site.folder.token, 'utf8').trim()}`;
    const answer = await fetch(`${origin}${address}`, { headers: { authorization } });
    assert.equal(answer.status, 200);
    return (await answer.json()) as SiteHealthInFull;
  };
  /** On new connections, so that both workers are asked. */
  const use = async (path: string, times = 20): Promise<void> => {
    for (let i = 0; i < times; i++) {
      await fetch(`${origin}${path}`, { headers: { connection: 'close' } });
    }
  };

  it('is told by any of them of all, with the token of the controller', async () => {
    await eventually('both are heard', async () => (await health()).workers === 2);
    const { state, seenBy, features } = await health();
    assert.deepEqual([state, seenBy], ['up', 'site']);
    assert.deepEqual(
      features.map(({ feature, rung }) => [feature, rung]),
      [['hello.everything', 'full']],
    );
  });

  it('names the lost need while every answer is 200, in status too', async () => {
    await use('/set?status=200&report=partner%3Ddown', 1);
    await use('/');
    await eventually('it is told', async () =>
      (await inFull()).needs.some(({ need, state }) => need === 'partner' && state === 'down'),
    );
    assert.equal((await health()).state, 'up');
    await site.until('status knows', ({ services }) =>
      services.some(({ needs }) => needs.some(({ state, saidBy }) => state === 'down' && saidBy)),
    );
    const { stdout } = await site.run('status');
    assert.match(stdout, /partner down \(says hello-[\w-]+\)/);
  });

  it('is streamed to dashboards for Hystrix by the controller', async () => {
    await use('/');
    const stop = new AbortController();
    const answer = await fetch(`${await site.console()}/hystrix.stream`, { signal: stop.signal });
    let said = '';
    const decoder = new TextDecoder();
    for await (const chunk of answer.body ?? []) {
      said += decoder.decode(chunk as Uint8Array, { stream: true });
      if (said.includes('"name":"hello.partner"')) break;
    }
    stop.abort();
    const commands = said
      .split('\n\n')
      .filter((event) => event.startsWith('data: '))
      .map((event) => JSON.parse(event.slice(6)) as Record<string, unknown>);
    const feature = commands.find(({ name }) => name === 'hello.everything');
    const need = commands.find(({ name }) => name === 'hello.partner');
    assert.equal(feature?.['reportingHosts'], 2);
    assert.ok(Number(feature?.['rollingCountSuccess']) >= 20);
    assert.equal(need?.['isCircuitBreakerOpen'], true);
  });

  it('is told on when controller and keeper are dead', async () => {
    const [keeper, controller] = [await site.pid('keeper'), await site.pid('controller')];
    process.kill(keeper, 'SIGKILL');
    process.kill(controller, 'SIGKILL');
    await use('/set?status=503&report=partner%3Ddown', 1);
    // Each worker looks once a second: for so long one may know what the other does not.
    await eventually('it fails', async () => {
      await use('/', 4);
      const { workers, features } = await health();
      return workers === 2 && features[0]?.rung === 'closed';
    });
    await eventually('both workers say why', async () => {
      await use('/', 4);
      const [feature] = (await inFull()).features;
      return feature?.reason?.need === 'partner' && feature.workers.length === 2;
    });
  });
});
