import assert from 'node:assert/strict';
import { createPublicKey, verify } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { createSite } from '../support/site-harness.ts';
import type { TestSite } from '../support/site-harness.ts';

/** Looks like nothing else on this machine. */
const planted = 'planted-4b1d0e6f-do-not-leak';
const replaced = 'planted-9c55aa17-do-not-leak';

const server = `
import { createServer } from 'node:http';
import { createPrivateKey, sign } from 'node:crypto';
console.log('environment', Object.keys(process.env).sort().join(' '));
const answers = {
  '/health': () => '',
  '/value': (name) => process.env[name] ?? '',
  '/sign': (text) => {
    const key = Buffer.from(process.env.SESSION_KEY, 'base64');
    const privateKey = createPrivateKey({ key, format: 'der', type: 'pkcs8' });
    return sign(null, Buffer.from(text), privateKey).toString('base64');
  },
};
createServer((request, response) => {
  const [path, query] = request.url.replace('/other', '').split('?');
  response.setHeader('x-instance', process.env.TURNOUT_INSTANCE);
  response.end(answers[path]?.(decodeURIComponent(query ?? '')));
}).listen(Number(process.env.PORT), process.env.HOST);
process.on('SIGTERM', () => process.exit(0));
`;

function service(name: string, prefix: string, secrets: string): string {
  return `turnout: 1
service: ${name}
what: Knows some secrets.
build: { entry: server.ts }
health: { path: /health, every: 100ms, start: 10s }
secrets: ${secrets}
scale: { min: 1, max: 1 }
release: { drain: 1s }
features:
  all: { tier: important, routes: [ANY ${prefix}/**], ladder: [closed] }
`;
}

let site: TestSite;

before(async () => {
  site = await createSite({
    'site.yaml': `turnout: 1
site: tiny
what: A site for tests.
services: [services/*]
listen: { http: 127.0.0.1:0, console: 127.0.0.1:0, workers: 1 }
`,
    'services/one/service.yaml': service(
      'one',
      '',
      `
  - PROCESSOR_KEY
  - { name: COOKIE_KEY, generate: random }
  - { name: SESSION_KEY, generate: key-pair }`,
    ),
    'services/one/server.ts': server,
    'services/other/service.yaml': service('other', '/other', '[SESSION_KEY_PUBLIC]'),
    'services/other/server.ts': server,
    'planted.txt': planted,
  });
});
after(() => site.close());

async function ask(path: string): Promise<string> {
  return (await fetch((await site.origin()) + path, { method: 'POST' })).text();
}

function served(path: string, text: string): Promise<void> {
  const poll = async (): Promise<void> => {
    for (let n = 0; n < 1_000; n += 1) {
      if ((await ask(path)) === text) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    assert.fail(`${path} never answered as it should`);
  };
  return poll();
}

test('a service waits for the secret that nobody set, and says what to do', async () => {
  await site.run('up', '--detach');
  const listed = await site.run('secret', 'list', '--json');
  assert.deepEqual(JSON.parse(listed.stdout), [
    { name: 'COOKIE_KEY', from: 'generated', services: ['one'] },
    { name: 'PROCESSOR_KEY', from: 'missing', services: ['one'] },
    { name: 'SESSION_KEY', from: 'generated', services: ['one'] },
    { name: 'SESSION_KEY_PUBLIC', from: 'generated', services: ['one', 'other'] },
  ]);
  const { stdout } = await site.run('status');
  assert.match(stdout, /one needs the secret PROCESSOR_KEY/);
});

test('once it is set the service starts by itself; what it signs the other verifies', async () => {
  const set = await site.run(
    'secret',
    'set',
    'PROCESSOR_KEY',
    '--from-file',
    `${site.directory}/planted.txt`,
  );
  assert.equal(set.code, 0, set.stderr);
  await site.write('planted.txt', '');
  await served('/value?PROCESSOR_KEY', planted);
  const key = Buffer.from(await ask('/other/value?SESSION_KEY_PUBLIC'), 'base64');
  const signature = Buffer.from(await ask('/sign?hello'), 'base64');
  const publicKey = createPublicKey({ key, format: 'der', type: 'spki' });
  assert.equal(verify(null, Buffer.from('hello'), publicKey, signature), true);
  assert.equal(await ask('/other/value?SESSION_KEY'), '');
  assert.equal(Buffer.from(await ask('/value?COOKIE_KEY'), 'base64url').length, 32);
});

test('a changed secret rolls in where it is used, and nowhere else', async () => {
  const others = async () => (await site.status()).services[1]?.instances.map(({ id }) => id);
  const before = await others();
  await site.write('planted.txt', replaced);
  await site.run('secret', 'set', 'PROCESSOR_KEY', '--from-file', `${site.directory}/planted.txt`);
  await site.write('planted.txt', '');
  await served('/value?PROCESSOR_KEY', replaced);
  assert.deepEqual(await others(), before);
});

test('no value is anywhere but in the environment of its instances', async () => {
  const cookie = await ask('/value?COOKIE_KEY');
  const session = await ask('/value?SESSION_KEY');
  await site.until('all is well', ({ services }) => services.every(({ state }) => state === 'up'));
  const status = await site.status();
  const [instance] = status.services[0]?.instances ?? [];
  await fetch(`${await site.console()}/api/instances/${instance?.id}/replace`, {
    method: 'POST',
    headers: { authorization: `Bearer ${readFileSync(site.folder.token, 'utf8').trim()}` },
  });
  await site.until('it was replaced', ({ services }) => {
    const ids = services[0]?.instances.map(({ id }) => id) ?? [];
    return services[0]?.state === 'up' && ids.length === 1 && ids[0] !== instance?.id;
  });
  const logged = readFileSync(logOf('one'), 'utf8');
  assert.match(logged, /environment .*PROCESSOR_KEY/);
  for (const value of [planted, replaced, cookie, session]) {
    assert.deepEqual(filesWith(site.directory, value), []);
    assert.deepEqual(commandLinesWith(value), []);
    for (const path of [
      '/api/status',
      '/api/journal?limit=1000',
      '/',
      '/catalog/one',
      '/catalog/other',
    ]) {
      const text = await (await fetch((await site.console()) + path)).text();
      assert.ok(text.length > 0 && !text.includes(value), path);
    }
  }
  assert.ok(filesWith(site.directory, 'SESSION_KEY').length > 0, 'the search finds names');
});

test('what was made survives down and up', async () => {
  const cookie = await ask('/value?COOKIE_KEY');
  await site.run('down');
  await site.up();
  await served('/value?COOKIE_KEY', cookie);
});

test('a new value rolls in for a generated one; a missing key is named', async () => {
  const cookie = await ask('/value?COOKIE_KEY');
  const rotated = await site.run('secret', 'rotate', 'COOKIE_KEY');
  assert.equal(rotated.code, 0, rotated.stderr);
  for (let n = 0; (await ask('/value?COOKIE_KEY')) === cookie; n += 1) {
    assert.ok(n < 1_000, 'the new value never came');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const elsewhere = { XDG_CONFIG_HOME: `${site.directory}-nowhere` };
  const { code, stderr } = await site.runWith(elsewhere, 'secret', 'list');
  assert.equal(code, 1);
  assert.match(stderr, /secrets-key-missing.*-nowhere\/turnout\/tiny\.key[^]*secret key --import/);
});

test('an empty value and one in an argument are refused', async () => {
  const empty = await site.run('secret', 'set', 'PROCESSOR_KEY');
  assert.match(empty.stderr, /secret-value-invalid.*empty/);
  const lower = await site.run('secret', 'set', 'lower');
  assert.match(lower.stderr, /secret-name-invalid: "lower"/, 'before a value is asked for');
  const nobody = await site.run('secret', 'rotate', 'NOPE');
  assert.match(nobody.stderr, /secret-unknown: NOPE is not set here/);
  const argument = await site.run('secret', 'set', 'PROCESSOR_KEY', 'in the open');
  assert.match(argument.stderr, /too many arguments/);
});

function logOf(service: string): string {
  const folder = join(site.folder.instanceLogs, service);
  const [newest] = readdirSync(folder)
    .map((name) => join(folder, name))
    .sort((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs);
  return newest ?? '';
}

/** The site goes on writing: a file that was renamed meanwhile is looked for afresh. */
function filesWith(folder: string, text: string): readonly string[] {
  for (let round = 0; round < 20; round += 1) {
    const found = searchOnce(folder, Buffer.from(text));
    if (found !== null) return found;
  }
  throw new Error(`files of ${folder} came and went at each of 20 readings`);
}

/** Null when a file went while they were read. */
function searchOnce(folder: string, wanted: Buffer): readonly string[] | null {
  try {
    return readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .filter((file) => readFileSync(file).includes(wanted));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

function commandLinesWith(text: string): readonly string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(text);
      } catch {
        return false;
      }
    });
}
