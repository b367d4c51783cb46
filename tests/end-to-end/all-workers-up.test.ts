import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSite } from '../support/site-harness.ts';
import { tinySite } from '../support/tiny-site.ts';

test('a site is not said to be up before each of its workers listens', async (t) => {
  // Nothing to build, so that workers are all that there is to wait for.
  const site = await createSite({
    ...tinySite({ workers: 4 }),
    'services/hello/server.ts': '',
    'services/hello/service.yaml': `turnout: 1
service: hello
what: Is somewhere else.
at: http://127.0.0.1:9
features:
  everything:
    tier: important
    routes: [ANY /**]
    ladder: [closed]
`,
  });
  t.after(() => site.close());
  await site.up();
  const { processes, notes } = await site.status();
  const workers = processes.filter(({ kind }) => kind === 'worker');
  assert.deepEqual(
    workers.map(({ state }) => state),
    ['running', 'running', 'running', 'running'],
  );
  assert.ok(!notes.some(({ code }) => code === 'workers-missing'));
});
