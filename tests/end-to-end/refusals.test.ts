import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { existsSync, readdirSync } from 'node:fs';
import { afterEach, test } from 'node:test';
import { createSite } from '../support/site-harness.ts';
import type { TestSite } from '../support/site-harness.ts';
import { tinySite } from '../support/tiny-site.ts';

const sites: TestSite[] = [];
afterEach(async () => {
  for (const site of sites.splice(0)) await site.close();
});

async function siteOf(files: Readonly<Record<string, string>>): Promise<TestSite> {
  const site = await createSite(files);
  sites.push(site);
  return site;
}

test('a port in use is said before anything is started, with who has it', async () => {
  const site = await siteOf(tinySite());
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;
  const { code, stderr } = await site.runWith({ PORT: String(port) }, 'up', '--detach');
  other.close();
  assert.equal(code, 1);
  assert.match(
    stderr,
    new RegExp(`port-in-use: Port 127.0.0.1:${port}, .* is in use by process ${process.pid} `),
  );
  assert.match(stderr, /remedy: Stop that process, or use another port: set PORT/);
  assert.equal(existsSync(site.folder.settings), false, 'nothing was started');
});

test("another site's state folder is refused and not touched", async () => {
  const site = await siteOf({
    ...tinySite(),
    '.turnout/turnout.json': '{"format":1,"turnout":"0.1.0","site":"results"}',
  });
  const { code, stderr } = await site.run('up', '--detach');
  assert.equal(code, 1);
  assert.match(stderr, /state-folder-foreign: .* belongs to the site "results", and this is tiny/);
  assert.deepEqual(readdirSync(site.folder.root), ['turnout.json']);
});

test('a state folder written by a newer Turnout is refused and not touched', async () => {
  const site = await siteOf({
    ...tinySite(),
    '.turnout/turnout.json': '{"format":99,"turnout":"9.9.9","site":"tiny"}',
  });
  for (const command of ['up', 'down', 'status']) {
    const { code, stderr } = await site.run(command, ...(command === 'up' ? ['--detach'] : []));
    assert.equal(code, 1);
    assert.match(stderr, /state-folder-newer: .* written by Turnout 9\.9\.9/);
  }
  assert.deepEqual(readdirSync(site.folder.root), ['turnout.json']);
});

test('broken manifests are printed with their places, and nothing is started', async () => {
  const site = await siteOf({
    ...tinySite(),
    'site.yaml': 'turnout: 1\nsite: tiny\nservces: []\n',
  });
  const { code, stderr } = await site.run('up', '--detach');
  assert.equal(code, 1);
  assert.match(stderr, /site\.yaml:3:1/);
  assert.match(stderr, /manifest-refused/);
  assert.equal(existsSync(site.folder.root), false);
});

test('commands on a site that never was up say so', async () => {
  const site = await siteOf(tinySite());
  for (const command of ['status', 'down', 'logs']) {
    const { code, stderr } = await site.run(command);
    assert.equal(code, 1);
    assert.match(stderr, /error site-never-up: /);
  }
});

test('a missing entry file is named, up exits 1, and the site says how it stands', async () => {
  const site = await siteOf(tinySite());
  await site.write(
    'services/hello/service.yaml',
    site.read('services/hello/service.yaml').replace('entry: server.ts', 'entry: sever.ts'),
  );
  const { code, stdout, stderr } = await site.run('up', '--detach');
  assert.equal(code, 1);
  assert.match(stdout + stderr, /services\/hello\/sever\.ts|sever\.ts/);
});

test('a service that never becomes healthy is named, and the rest serves', async () => {
  const files = tinySite({
    instances: 1,
    server: `console.log('I lack a setting'); setTimeout(() => process.exit(4), 50);`,
  });
  const site = await siteOf({
    ...files,
    'site.yaml': `${files['site.yaml']}frontends: { /page: page }\n`,
    'page/index.html': '<h1>still here</h1>',
  });
  const { code, stdout } = await site.run('up', '--detach');
  assert.equal(code, 1);
  assert.match(stdout, /alert: hello failed to start/);
  assert.match(stdout, /I lack a setting/);
  assert.match(stdout, /is up without hello/);
  const page = await fetch(`${await site.origin()}/page/`);
  assert.match(await page.text(), /still here/);
  const lost = await fetch(`${await site.origin()}/`);
  assert.equal(lost.status, 503);
});

test('up on a site that is up is refused and ends, in the foreground and detached', async () => {
  const site = await siteOf(tinySite());
  await site.up();
  const { addresses } = await site.status();
  for (const options of [[], ['--detach'], ['--watch']]) {
    const { code, stderr } = await site.run('up', ...options);
    assert.equal(code, 1, `up ${options.join(' ')}`);
    assert.match(stderr, /error already-running: .*kept up by process \d+[^]*remedy: /);
    assert.ok(stderr.includes(addresses.site ?? 'an address'));
  }
  assert.equal((await fetch(`${addresses.site}/`)).status, 200);
});

test('a port that is none is refused before anything is written', async () => {
  const site = await siteOf(tinySite());
  for (const options of [[], ['--detach']]) {
    const { code, stderr } = await site.runWith({ PORT: 'abc' }, 'up', ...options);
    assert.equal(code, 1);
    assert.match(stderr, /error port-invalid: PORT is "abc"/);
  }
  assert.equal(existsSync(site.folder.root), false);
});
