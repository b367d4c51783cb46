import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, statSync } from 'node:fs';
import { request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { eventually } from '../../../tests/support/eventually.ts';
import { TurnoutError } from '../../lib/errors.ts';
import { createLog } from '../../lib/log.ts';
import { withSocketPath } from '../../lib/unix-socket-path.ts';
import type { Clock } from '../../ports/clock/port.ts';
import type { Journal, JournalQuery, NewJournalEntry } from '../../ports/journal/port.ts';
import type { SiteControl } from './site-control.ts';
import { startApi } from './start-api.ts';
import type { Api } from './start-api.ts';

const folder = mkdtempSync(join(tmpdir(), 'turnout-api-'));
// Deeper than a Unix socket's path may be long.
const run = join(folder, 'deep'.repeat(30));
const socketFile = join(run, 'controller.sock');
const tokenFile = join(run, 'token');
const asked: string[] = [];
const queries: JournalQuery[] = [];
const journaled: unknown[] = [];
let api: Api;

const control = {
  journal: {
    range: async (query: JournalQuery) => {
      queries.push(query);
      return [];
    },
    append: async ({ kind, subject, who, why, data }: NewJournalEntry) => {
      if (subject === 'unwritten') throw new Error('the disk is full');
      if (kind === 'site.down-asked') asked.push(`down by ${who}`);
      journaled.push([kind, subject, who, why ?? null, data ?? null]);
    },
  } as unknown as Journal,
  status: async () => ({ site: 'campaign' }),
  jobs: () => [{ job: 'x'.repeat(16 * 1024 * 1024) }],
  replaceInstance: async (id: string, who: string) => {
    if (id === 'gone') throw new TurnoutError('instance-unknown', 'no gone', 'look');
    asked.push(`replace ${id} by ${who}`);
  },
  reload: async () => {
    throw new Error('secret detail');
  },
  down: async () => undefined,
  promote: async () => ({ promoted: true }),
} as unknown as SiteControl;

before(async () => {
  mkdirSync(run);
  api = await startApi({
    control,
    renderPage: async ({ path }) =>
      path === '/' ? { status: 200, headers: { 'content-type': 'text/html' }, body: '<p>' } : null,
    log: createLog(openSync('/dev/null', 'a'), 'test'),
    clock: { nowMs: () => 0 } as Clock,
    listen: { address: '127.0.0.1', port: 0 },
    socketFile,
    tokenFile,
    stalledMs: 300,
  });
});
after(async () => {
  await api.close();
  rmSync(folder, { recursive: true });
});

interface Reply {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
}

function ask(
  method: string,
  path: string,
  headers: Record<string, string> = {},
  options: { readonly socket?: boolean; readonly body?: string } = {},
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const target = options.socket
      ? { createConnection: () => withSocketPath(socketFile, (path) => connect(path)) }
      : { host: '127.0.0.1', port: api.port, agent: false };
    const call = request({ ...target, method, path, headers }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (text += chunk));
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text }),
      );
    });
    call.on('error', reject);
    call.end(options.body);
  });
}

test('the socket is open to this user alone, and so is the token', () => {
  assert.equal(statSync(socketFile).mode & 0o777, 0o600);
  assert.equal(statSync(tokenFile).mode & 0o777, 0o600);
});

test('status is JSON, a page is a page, and both forbid framing and storing', async () => {
  const status = await ask('GET', '/api/status');
  assert.deepEqual(JSON.parse(status.text), { site: 'campaign' });
  const page = await ask('GET', '/');
  assert.equal(page.headers['content-type'], 'text/html');
  assert.equal(page.headers['x-frame-options'], 'DENY');
  assert.equal(page.headers['cache-control'], 'no-store');
  const head = await ask('HEAD', '/api/status');
  assert.equal(head.text, '');
  assert.equal(head.headers['content-length'], String(status.text.length));
});

test('a change needs the token over HTTP and nothing over the socket', async () => {
  const refused = await ask('POST', '/api/down');
  assert.equal(refused.status, 401);
  assert.match(refused.headers['www-authenticate'] ?? '', /Bearer/);
  assert.match(refused.headers['content-type'] ?? '', /^application\/problem\+json/);
  assert.deepEqual(asked, []);
  const token = readFileSync(tokenFile, 'utf8').trim();
  assert.equal((await ask('POST', '/api/down', { authorization: `Bearer ${token}` })).status, 200);
  const over = await ask('POST', '/api/instances/d-1/replace', {}, { socket: true });
  assert.equal(over.status, 200);
  assert.deepEqual(asked, ['down by api', 'replace d-1 by cli']);
});

test('the journal holds who asked for what and why, before it is tried', async () => {
  journaled.length = 0;
  const socket = { socket: true };
  const promote = (name: string, more = '') =>
    ask(
      'POST',
      `/api/resources/${name}/promote?member=b&force=&why=disk+is+dying${more}`,
      {},
      socket,
    );
  assert.equal((await promote('donations')).status, 200);
  assert.equal((await ask('POST', '/api/instances/gone/replace', {}, socket)).status, 404);
  assert.deepEqual(journaled, [
    ['resource.promotion-asked', 'donations', 'cli', 'disk is dying', { member: 'b', force: true }],
    ['instance.replacement-asked', 'gone', 'cli', null, null],
  ]);
  assert.equal((await promote('donations', 'x'.repeat(2_000))).status, 400);
  assert.equal((await promote('unwritten')).status, 200, 'a full disk stops no promotion');
});

test('a foreign Host or Origin is refused before anything is done', async () => {
  assert.equal((await ask('GET', '/api/status', { host: 'evil.example' })).status, 421);
  assert.equal((await ask('GET', '/', { origin: 'https://evil.example' })).status, 403);
});

test('our own failures are problems with a remedy, and a defect tells no detail', async () => {
  const socket = { socket: true };
  const unknown = await ask('POST', '/api/instances/gone/replace', {}, socket);
  assert.equal(unknown.status, 404);
  assert.equal((JSON.parse(unknown.text) as { remedy: string }).remedy, 'look');
  const defect = await ask('POST', '/api/reload', {}, socket);
  assert.equal(defect.status, 500);
  assert.doesNotMatch(defect.text, /secret detail/);
  const wrong = await ask('GET', '/api/reload');
  assert.equal(wrong.status, 405);
  assert.equal((await ask('GET', '/nothing')).status, 404);
});

test('the journal is read newest first by default, in bounded numbers', async () => {
  await ask('GET', '/api/journal?limit=99999&kind=instance');
  assert.deepEqual(queries.at(-1), { limit: 1_000, newest: true, kind: 'instance' });
  await ask('GET', '/api/journal?after=7');
  assert.deepEqual(queries.at(-1), { limit: 100, newest: false, after: 7 });
  assert.equal((await ask('GET', '/api/journal?after=-1')).status, 400);
});

test('a body beyond the bound is refused', async () => {
  const body = 'x'.repeat(100_000);
  const reply = await ask('POST', '/api/down', {}, { socket: true, body });
  assert.equal(reply.status, 413);
});

test('whatever the target looks like, it is a path of ours or refused', async () => {
  assert.equal((await ask('GET', '//')).status, 404);
  assert.equal((await ask('GET', '//127.0.0.1/api/status')).status, 404);
  assert.equal((await ask('GET', '/\\api')).status, 404);
  assert.equal((await ask('GET', 'http://[')).status, 400);
});

test('the socket believes who says who he is, and HTTP nobody', async () => {
  const token = readFileSync(tokenFile, 'utf8').trim();
  asked.length = 0;
  const names = ['cli:ada', 'cli:', 'root', 'cli:a b', `cli:${'x'.repeat(101)}`];
  for (const name of names) {
    await ask('POST', '/api/down', { 'turnout-person': name }, { socket: true });
  }
  const headers = { authorization: `Bearer ${token}`, 'turnout-person': 'cli:ada' };
  await ask('POST', '/api/down', headers);
  const others = Array.from({ length: 4 }, () => 'down by cli');
  assert.deepEqual(asked, ['down by cli:ada', ...others, 'down by api']);
});

test('whoever asks and takes nothing of the answer loses the connection', async () => {
  const client = connect(api.port, '127.0.0.1');
  client.on('error', () => undefined);
  client.pause();
  client.write('GET /api/jobs HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n');
  await once(client, 'connect');
  const isHeld = (): boolean => establishedFrom(api.port).includes(client.localPort ?? 0);
  await eventually('it is connected', isHeld);
  await eventually('it is let go', () => !isHeld());
  client.destroy();
});

/** Ports of the clients whose connections this side has not ended. */
function establishedFrom(port: number): readonly number[] {
  const lines = readFileSync('/proc/net/tcp', 'utf8').split('\n');
  return lines.flatMap((line) => {
    const [, own = '', peer = '', state] = line.trim().split(/\s+/);
    const portOf = (address: string): number => Number.parseInt(address.split(':')[1] ?? '', 16);
    return state === '01' && portOf(own) === port ? [portOf(peer)] : [];
  });
}
