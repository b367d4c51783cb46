import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { findPortOwner } from './port-owner.ts';

test('the process that listens on a port is found, and nobody once it has closed', async (t) => {
  const server = createServer().listen(0, '127.0.0.1');
  t.after(() => server.close());
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const owner = findPortOwner(port);
  assert.equal(owner?.pid, process.pid);
  assert.match(owner.command, /node/);
  server.close();
  await once(server, 'close');
  assert.equal(findPortOwner(port), null);
});
