import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { createAuthority, type TestAuthority } from '../support/certificates.ts';
import { createSite } from '../support/site-harness.ts';
import type { TestSite } from '../support/site-harness.ts';
import { askByTls, type TlsAnswer } from '../support/tls-client.ts';

let authority: TestAuthority;
let site: TestSite;
let port = 0;
before(async () => {
  authority = await createAuthority();
  await authority.issue('race', ['race.example']);
  await authority.issue('give', ['give.example', '*.give.example']);
  await authority.issue('again', ['race.example', 'www.race.example']);
  site = await createSite(files);
  mkdirSync(join(site.directory, 'tls'));
  put('race', 'race');
  put('give', 'give');
  await site.up();
  const { addresses } = await site.until('TLS is up', (now) => now.addresses.https !== null);
  port = Number(new URL(addresses.https ?? '').port);
});
after(() => site.close());

function put(issued: string, as: string, parts: readonly string[] = ['crt', 'key']): void {
  for (const part of parts) {
    const from = join(authority.folder, `${issued}.${part}`);
    copyFileSync(from, join(site.directory, 'tls', `${as}.${part}`));
  }
}

function ask(name: string, path = '/'): Promise<TlsAnswer> {
  return askByTls({ port, ca: authority.ca, name, path });
}

const files = {
  'site.yaml': `turnout: 1
site: hosts
what: A race and a place to give, each under its own name.
services: [services/*]
hosts: [race.example, give.example, "*.give.example"]
listen: { https: 127.0.0.1:0, redirect-to-https: true, workers: 2 }
certificates:
  - { certificate: tls/race.crt, key: tls/race.key }
  - { certificate: tls/give.crt, key: tls/give.key }
frontends:
  /about: { directory: pages/race, hosts: race.example, name: race }
  /: { directory: pages/give, hosts: "*.give.example", name: give }
`,
  'pages/race/index.html': '<p>race page</p>',
  'pages/give/index.html': '<p>give page</p>',
  'services/hello/service.yaml': `turnout: 1
service: hello
what: Answers under two names.
build: { entry: server.ts }
run: { command: node server.js }
health: { path: /health, every: 100ms, start: 5s }
scale: { min: 1, max: 1 }
needs: { inner: { feature: hello.inner } }
features:
  race: { tier: important, routes: [GET /who], hosts: race.example, ladder: [closed] }
  give: { tier: core, routes: [GET /whom], hosts: give.example, needs: [inner], ladder: [closed] }
  inner: { tier: important, routes: [GET /inner], internal: true, ladder: [closed] }
`,
  'services/hello/server.ts': `import { createServer } from 'node:http';
createServer(async (request, response) => {
  const { host } = request.headers;
  const proto = request.headers['x-forwarded-proto'];
  if (request.url === '/inner') return response.end('inner ' + proto);
  if (request.url !== '/whom') return response.end(host + ' ' + request.url + ' ' + proto);
  const inner = await fetch(process.env.NEED_INNER_URL + '/inner', {
    headers: { 'x-forwarded-proto': proto },
  });
  response.end(await inner.text());
}).listen(Number(process.env.PORT), process.env.HOST);
`,
};

test('two hosts have their own certificates, routes and frontends', async () => {
  const race = await ask('race.example', '/who');
  assert.equal(race.shown, 'DNS:race.example');
  assert.match(race.text, /race\.example \/who https$/);
  assert.equal((await ask('give.example', '/who')).status, 404);
  assert.match((await ask('race.example', '/about/')).text, /race page/);
  const below = await ask('volunteers.give.example');
  assert.equal(below.shown, 'DNS:give.example, DNS:*.give.example');
  assert.match(below.text, /give page/);
  assert.equal((await ask('give.example')).status, 404);
});

test('a host of nobody is 421, with the first certificate', async () => {
  const lax = { checkServerIdentity: () => undefined };
  const answer = await askByTls({ port, ca: authority.ca, name: 'other.example', ...lax });
  assert.deepEqual([answer.status, answer.shown], [421, 'DNS:race.example']);
});

test('a need within the site is met whatever hosts the public side has', async () => {
  const answer = await ask('give.example', '/whom');
  assert.match(answer.text, /inner https$/);
  assert.equal((await ask('give.example', '/inner')).status, 404);
});

test('plain HTTP is sent to HTTPS by the name that was asked for', async () => {
  const origin = await site.origin();
  const location = await new Promise<string | undefined>((resolve, reject) => {
    const headers = { host: 'give.example' };
    request(`${origin}/a?b=c`, { headers }, (response) => {
      response.resume();
      resolve(response.statusCode === 308 ? response.headers.location : undefined);
    })
      .on('error', reject)
      .end();
  });
  assert.equal(location, `https://give.example:${port}/a?b=c`);
});

test('a new certificate is taken by all workers; a wrong one is a note with why', async () => {
  put('again', 'race', ['crt']);
  const refused = await site.until('it is refused', ({ notes }) => notes.length > 0);
  assert.deepEqual(
    refused.notes.map(({ code, about, severity }) => [code, about, severity]),
    [['certificate-refused', 'tls/race.crt', 'warning']],
  );
  assert.match(refused.notes[0]?.message ?? '', /tls\/race\.key .*not the key of the certificate/);
  assert.equal((await ask('race.example', '/who')).shown, 'DNS:race.example');
  put('again', 'race');
  await site.until('nothing is refused', ({ notes }) => notes.length === 0);
  for (let n = 0; n < 8; n++) {
    assert.match((await ask('race.example', '/who')).shown, /www\.race\.example/);
  }
});

test('workers killed while the files are away come back with what they had', async () => {
  rmSync(join(site.directory, 'tls'), { recursive: true });
  const pids = [await site.pid('worker-1'), await site.pid('worker-2')];
  for (const pid of pids) process.kill(pid, 'SIGKILL');
  await site.until('both are back', ({ processes }) => {
    const workers = processes.filter(({ kind, state }) => kind === 'worker' && state === 'running');
    return workers.length === 2 && workers.every(({ pid }) => !pids.includes(pid));
  });
  assert.match((await ask('race.example', '/who')).shown, /www\.race\.example/);
  assert.equal((await ask('volunteers.give.example')).status, 200);
});
