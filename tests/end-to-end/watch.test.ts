import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startLoad } from '../support/load.ts';
import { createSite } from '../support/site-harness.ts';
import type { TestSite } from '../support/site-harness.ts';
import { tinySite } from '../support/tiny-site.ts';

let site: TestSite;
let origin: string;
before(async () => {
  const files = tinySite();
  site = await createSite({
    ...files,
    'site.yaml': `${files['site.yaml']}frontends: { /page: page }\n`,
    'page/index.html': 'first page',
  });
  await site.up('--watch');
  origin = await site.origin();
});
after(() => site.close());

async function textOf(path: string): Promise<string> {
  return (await fetch(origin + path)).text();
}

async function untilText(path: string, wanted: string): Promise<void> {
  const deadline = performance.now() + 20_000;
  while ((await textOf(path)) !== wanted) {
    assert.ok(performance.now() < deadline, `${path} does not say ${wanted}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

test('a change of a source is built and rolled in without a failed request', async () => {
  const before = (await site.status()).services[0]?.release;
  const load = startLoad({
    origin,
    connections: 8,
    pauseMs: 5,
    next: () => ({
      method: 'GET',
      path: '/',
      check: ({ body }) => (/^(hello|goodbye)$/.test(body) ? null : body.slice(0, 200)),
    }),
  });
  const source = site.read('services/hello/server.ts');
  await site.write('services/hello/server.ts', source.replace("'hello'", "'goodbye'"));
  const now = await site.until('the new release serves', ({ services: [hello] }) => {
    const instances = hello?.instances ?? [];
    return (
      hello?.state === 'up' &&
      hello.release !== before &&
      instances.length === 2 &&
      instances.every(({ release, state }) => release === hello.release && state === 'ready')
    );
  });
  const { sent, ok, reasons } = await load.stop();
  assert.deepEqual({ ok, reasons }, { ok: sent, reasons: [] });
  assert.equal(await textOf('/'), 'goodbye');
  assert.equal(now.services[0]?.healthy, 2);
});

test('a change of a frontend is published', async () => {
  await site.write('page/index.html', 'second page');
  await untilText('/page/', 'second page');
});

test('a source that does not build leaves the last good release serving, and says so', async () => {
  const source = site.read('services/hello/server.ts');
  await site.write('services/hello/server.ts', `${source}\nthis is no TypeScript`);
  const { notes } = await site.until('the failed build is noted', (now) =>
    now.notes.some(({ code }) => code === 'build-failed'),
  );
  assert.match(notes[0]?.message ?? '', /server\.ts/);
  assert.equal(await textOf('/'), 'goodbye');
  const { code, stdout } = await site.run('reload');
  assert.equal(code, 1);
  assert.match(stdout, /alert: hello: The service cannot be bundled\n.*remedy: Mend the source/);
  assert.equal(stdout.match(/server\.ts:\d/g)?.length, 1, 'the place is told once');
  await site.write('services/hello/server.ts', source);
  await site.until('the note is gone', (now) => now.notes.length === 0);
});

test('a broken manifest leaves the last good one in force, also after a restart', async () => {
  const manifest = site.read('services/hello/service.yaml');
  await site.write('services/hello/service.yaml', manifest.replace('health:', 'helth:'));
  const { notes } = await site.until('the refusal is noted', (now) =>
    now.notes.some(({ code }) => code === 'manifest-refused'),
  );
  assert.match(notes[0]?.message ?? '', /service\.yaml:\d+:\d+/);
  const controller = await site.pid('controller');
  process.kill(controller, 'SIGKILL');
  const after = await site.until(
    'the next controller says the same',
    (now) =>
      now.processes.some(
        ({ id, pid, state }) => id === 'controller' && pid !== controller && state === 'running',
      ) &&
      now.notes.some(({ code }) => code === 'manifest-refused') &&
      now.services[0]?.healthy === 2,
  );
  assert.equal(after.services[0]?.state, 'up');
  assert.equal(await textOf('/'), 'goodbye');
  assert.equal(await textOf('/page/'), 'second page');
  const victim = after.services[0]?.instances[0];
  process.kill(victim?.pid ?? 0, 'SIGKILL');
  await site.until(
    'an instance is replaced all the same',
    ({ services: [hello] }) =>
      hello?.healthy === 2 && hello.instances.every(({ id }) => id !== victim?.id),
  );
  await site.write('services/hello/service.yaml', manifest);
  await site.until('the note is gone', (now) => now.notes.length === 0);
});

test('a service taken out of the manifests goes, and a new one is started', async () => {
  const manifest = site.read('services/hello/service.yaml');
  await site.write('others/second/server.ts', site.read('services/hello/server.ts'));
  await site.write(
    'others/second/service.yaml',
    manifest.replace('service: hello', 'service: second'),
  );
  await site.write('site.yaml', site.read('site.yaml').replace('services/*', 'others/*'));
  const now = await site.until(
    'one took the place of the other',
    ({ services }) =>
      services.length === 1 && services[0]?.service === 'second' && services[0].state === 'up',
  );
  assert.deepEqual(now.notes, []);
  assert.equal((await fetch(`${origin}/`)).status, 200);
  const { stdout } = await site.run('logs', 'hello');
  assert.match(stdout, /listening/, 'its logs stay');
});
