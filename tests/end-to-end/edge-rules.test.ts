import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { eventually } from '../support/eventually.ts';
import { createSite } from '../support/site-harness.ts';
import type { TestSite } from '../support/site-harness.ts';

const edge = (status: number): string => `turnout: 1
tables:
  closed: { kind: set, file: closed.txt }
rules:
  - { name: closed, when: request.path in tables.closed, respond: 410 }
  - name: tacos
    when: request.path.startsWith("/taco")
    respond: { status: ${status}, reason: Bad Taco, page: pages/taco.html }
    examples: [GET /taco]
`;

let site: TestSite;
before(async () => {
  site = await createSite({
    'site.yaml': `turnout: 1
site: ruled
what: A site with rules at its edge.
services: [services/*]
frontends: { /: frontends/home }
listen: { http: 127.0.0.1:0, console: 127.0.0.1:0, workers: 1 }
`,
    'services/old/service.yaml': `turnout: 1
service: old
what: Runs elsewhere.
at: ["http://127.0.0.1:1"]
features:
  api: { tier: sheddable, routes: [ANY /api/**] }
`,
    'frontends/home/index.html': '<!doctype html><title>Home</title>',
    'pages/taco.html': 'no tacos',
    'closed.txt': '/one',
    'edge.yaml': edge(819),
  });
  await site.up();
});
after(() => site.close());

test('a page of a rule is served by every worker, and a reload changes both', async () => {
  const base = await site.origin();
  const first = await fetch(`${base}/taco/1`);
  assert.deepEqual(
    [first.status, first.statusText, await first.text()],
    [819, 'Bad Taco', 'no tacos'],
  );
  assert.equal((await fetch(`${base}/`)).status, 200);
  await writeFile(join(site.directory, 'pages/taco.html'), 'none at all');
  await writeFile(join(site.directory, 'edge.yaml'), edge(820));
  const reloaded = await site.run('reload');
  assert.equal(reloaded.code, 0, reloaded.stderr);
  await eventually('the new rule is in force', async () => {
    const answer = await fetch(`${base}/taco`);
    return answer.status === 820 && (await answer.text()) === 'none at all';
  });
});

test('a table that is a file is in force, counted, and taken anew by a reload', async () => {
  const base = await site.origin();
  const statusOf = async (path: string): Promise<number> => (await fetch(base + path)).status;
  assert.deepEqual([await statusOf('/one'), await statusOf('/two')], [410, 404]);
  await writeFile(join(site.directory, 'closed.txt'), '# none was\n/two\n/three\n');
  assert.equal((await site.run('reload')).code, 0);
  await eventually('the new file is in force', async () => (await statusOf('/two')) === 410);
  assert.equal(await statusOf('/one'), 404);
  const { stdout } = await site.run('table', 'list');
  assert.match(stdout, /^closed +set +2 +0$/m);
});

test('turnout rules tells what they did', async () => {
  const shown = await eventually('the worker has told of it', async () => {
    const { stdout } = await site.run('rules');
    return /^tacos +enforce +[2-9]/m.test(stdout) ? stdout : null;
  });
  assert.match(shown, /^rule +mode +hits +held back +errors\n/);
  const tested = await site.run('rules', 'test');
  assert.equal(tested.stdout, 'The one example turns out as it says.\n');
});
