import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { SiteCircuitsStatus } from '../../src/controller/circuits/site-circuits.ts';
import { eventually } from '../support/eventually.ts';
import { createSite } from '../support/site-harness.ts';
import type { TestSite } from '../support/site-harness.ts';
import { tinySite } from '../support/tiny-site.ts';

/** `/broken` fails, and does not say what it lacks, until `/mend`; all else is well. */
const server = `
import { createServer } from 'node:http';

let broken = true;
createServer((request, response) => {
  if (request.url === '/mend') broken = false;
  if (broken && request.url.startsWith('/broken')) {
    response.writeHead(503);
  }
  response.end('hello');
}).listen(Number(process.env.PORT), process.env.HOST);
process.on('SIGTERM', () => process.exit(0));
`;

const serviceYaml = `turnout: 1
service: hello
what: Answers what it is asked.
build: { entry: server.ts }
run: { command: node server.js }
health: { path: /health, every: 100ms, start: 5s }
scale: { min: 1, max: 1 }
needs: { processor: { http: 'http://127.0.0.1:1' } }
breaker: { volume: 5, open: 1s }
features:
  broken: { tier: important, routes: [GET /broken/**], needs: [processor] }
  everything: { tier: important, routes: [ANY /**] }
`;

let site: TestSite;
before(async () => {
  site = await createSite({
    ...tinySite({ workers: 2, server }),
    'services/hello/service.yaml': serviceYaml,
  });
  await site.up();
});
after(() => site.close());

async function ask(path: string): Promise<{ readonly status: number; readonly text: string }> {
  const answer = await fetch(`${await site.origin()}${path}`);
  return { status: answer.status, text: await answer.text() };
}

async function circuits(): Promise<SiteCircuitsStatus> {
  const { code, stdout, stderr } = await site.run('circuits', 'list', '--json');
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout) as SiteCircuitsStatus;
}

async function journal(kind: string): Promise<readonly Record<string, string>[]> {
  const told = await fetch(`${await site.console()}/api/journal?kind=${kind}`);
  return ((await told.json()) as { entries: Record<string, string>[] }).entries;
}

test('a circuit that opens is shown, alerted on and journaled, and so is its closing', async () => {
  const open = await eventually('it opens, and is shown', async () => {
    await Promise.all(Array.from({ length: 10 }, (_, n) => ask(`/broken/${n}`)));
    const all = (await circuits()).workers.flatMap((worker) => worker.circuits);
    return all.find(
      ({ circuit, opened, refused }) =>
        circuit === 'hello.broken/reads' && opened > 0 && refused > 0,
    );
  });
  assert.equal(open.reason?.need ?? null, null);
  const [opened] = await eventually('it is journaled', async () => {
    const entries = await journal('circuit.opened');
    return entries.length > 0 ? entries : null;
  });
  assert.equal(opened?.['subject'], 'hello.broken/reads');
  assert.match(String(opened?.['who']), /^worker-\d$/);
  assert.match(String(opened?.['why']), /calls failed/);
  assert.equal((await ask('/page')).status, 200, 'the other feature is served');
  const shown = await site.run('status');
  assert.match(shown.stdout, /The circuit hello\.broken\/reads is open in \d of 2 workers/);
  await ask('/mend');
  await eventually('it closes', async () => {
    await ask('/broken/page');
    return (await journal('circuit.closed')).length > 0;
  });
});

test('a circuit held by hand obeys in every worker until it is let go', async () => {
  const held = await site.run('circuits', 'open', 'hello.everything', '--why', 'a rehearsal');
  assert.equal(held.code, 0, held.stderr);
  assert.equal(held.stdout, 'hello.everything is held open: nothing is asked\n');
  await eventually('it is refused', async () => {
    const answers = await Promise.all(Array.from({ length: 10 }, (_, n) => ask(`/page/${n}`)));
    return answers.every(({ status }) => status === 503);
  });
  assert.equal((await ask('/broken/page')).status, 200, 'the other feature is served');
  const table = await eventually('it is shown', async () => {
    const { stdout } = await site.run('circuits');
    return stdout.includes('held-open') ? stdout : null;
  });
  assert.match(table, /hello\.everything\/reads +held-open .* by .*: a rehearsal/);
  assert.match((await site.run('status')).stdout, /holds the circuit hello\.everything open/);
  const [entry] = await journal('circuit.held');
  assert.deepEqual([entry?.['subject'], entry?.['why']], ['hello.everything', 'a rehearsal']);
  await site.run('circuits', 'auto', 'hello.everything');
  await eventually('it is served', async () => (await ask('/page')).status === 200);
});

test('a circuit that is not there is refused, with what was meant', async () => {
  const { code, stderr } = await site.run('circuits', 'open', 'hello.everythin');
  assert.equal(code, 1);
  assert.match(stderr, /circuit-unknown: .*remedy: .*did you mean `hello\.everything`/s);
});
