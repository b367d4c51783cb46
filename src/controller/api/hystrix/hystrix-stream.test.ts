import assert from 'node:assert/strict';
import { mkdtempSync, openSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { eventually } from '../../../../tests/support/eventually.ts';
import { createLog } from '../../../lib/log.ts';
import type { Clock } from '../../../ports/clock/port.ts';
import type { SiteControl } from '../site-control.ts';
import { type Api, startApi } from '../start-api.ts';

const folder = mkdtempSync(join(tmpdir(), 'turnout-api-'));
let api: Api;

const clock = {
  nowMs: () => Date.now(),
  every(ms: number, callback: () => void) {
    const timer = setInterval(callback, ms);
    return { cancel: () => clearInterval(timer) };
  },
} as unknown as Clock;

const control = {
  health: async () => [
    {
      worker: 'worker-1',
      atMs: 0,
      features: [],
      needs: [
        {
          service: 'donations',
          need: 'db',
          state: 'down',
          sinceMs: 0,
          saidBy: ['donations-1'],
          reporting: 1,
          answers: 4,
          lost: 1,
        },
      ],
      circuits: [],
      queues: [],
    },
  ],
} as unknown as SiteControl;

before(async () => {
  api = await startApi({
    control,
    renderPage: async () => null,
    log: createLog(openSync('/dev/null', 'a'), 'test'),
    clock,
    listen: { address: '127.0.0.1', port: 0 },
    socketFile: join(folder, 'controller.sock'),
    tokenFile: join(folder, 'token'),
    stalledMs: 300,
  });
});
after(async () => {
  await api.close();
  rmSync(folder, { recursive: true });
});

test('a dashboard for Hystrix gets every half second how things stand, and a ping', async () => {
  const opened = request({
    host: '127.0.0.1',
    port: api.port,
    path: '/hystrix.stream',
    agent: false,
  });
  const text = await new Promise<string>((resolve, reject) => {
    opened.on('error', reject).on('response', (response) => {
      assert.equal(response.headers['content-type'], 'text/event-stream;charset=UTF-8');
      let said = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        said += chunk;
        if ((said.match(/^data: /gm)?.length ?? 0) >= 2) resolve(said);
      });
    });
    opened.end();
  });
  opened.destroy();
  const event = text.split('\n\n').find((each) => each.startsWith('data: '));
  const command = JSON.parse(event?.slice(6) ?? '') as Record<string, unknown>;
  assert.deepEqual(
    [command['type'], command['name'], command['errorPercentage']],
    ['HystrixCommand', 'donations.db', 25],
  );
  assert.match(text, /ping: \n\ndata: [^\n]*\n\nping: /);
});

test('readers of the stream are bounded, and make room when they go', async () => {
  const get = { host: '127.0.0.1', port: api.port, path: '/hystrix.stream', agent: false };
  const open = (): Promise<{ readonly status: number; close(): void }> =>
    new Promise((resolve, reject) => {
      const asked = request(get, (response) => {
        response.resume().on('error', () => undefined);
        resolve({ status: response.statusCode ?? 0, close: () => asked.destroy() });
      });
      asked.on('error', reject).end();
    });
  const readers = await Promise.all(Array.from({ length: 32 }, open));
  assert.deepEqual(new Set(readers.map(({ status }) => status)), new Set([200]));
  const refused = await fetch(`http://127.0.0.1:${api.port}/hystrix.stream`);
  assert.equal(refused.status, 503);
  assert.match(await refused.text(), /too-many-streams/);
  for (const { close } of readers) close();
  await eventually('there is room again', async () => {
    const reader = await open();
    reader.close();
    return reader.status === 200;
  });
});
