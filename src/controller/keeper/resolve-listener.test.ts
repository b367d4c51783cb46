import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { resolveListener } from './resolve-listener.ts';
import type { WantedListener } from './resolve-listener.ts';

const randomness = { integer: (below: number): number => randomInt(below) };
const wanted: WantedListener = {
  what: 'the site',
  remedy: 'set PORT',
  address: '127.0.0.1',
  port: 0,
  previous: undefined,
  held: false,
};

test('port 0 finds a free port and keeps it for the next start', async () => {
  const first = await resolveListener(wanted, randomness);
  assert.ok(first.port >= 20_000 && first.port < 32_000);
  const again = await resolveListener({ ...wanted, previous: first }, randomness);
  assert.deepEqual(again, first);
});

test('a port in use names who has it and the way out', async (t) => {
  const server = createServer().listen(0, '127.0.0.1');
  t.after(() => server.close());
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await assert.rejects(resolveListener({ ...wanted, port }, randomness), {
    code: 'port-in-use',
    message: new RegExp(
      `127\\.0\\.0\\.1:${port}, wanted for the site, is in use by process ${process.pid} `,
    ),
    remedy: /set PORT/,
  });
  const previous = { address: '127.0.0.1', port, requestedPort: port };
  const ours = await resolveListener({ ...wanted, port, previous, held: true }, randomness);
  assert.deepEqual(ours, previous, 'our own worker may hold it');
});

test('an address of another machine is refused', async () => {
  await assert.rejects(resolveListener({ ...wanted, address: '192.0.2.1' }, randomness), {
    code: 'address-unusable',
  });
});
