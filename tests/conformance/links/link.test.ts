import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { systemClock } from '../../../src/adapters/system/clock.ts';
import type { LinkRecord } from '../../../src/contract/links.ts';
import { isFree } from '../../../src/lib/free-port.ts';
import { eventually } from '../../support/eventually.ts';
import { call, closeRigs, newLink, openLink, startTarget, unusedPort } from './link-rig.ts';

after(closeRigs);

test('what one side sends the other gets, and it is counted', async () => {
  const target = await startTarget((socket) => socket.pipe(socket));
  const { link, record } = await openLink(target.port);
  const client = call(record.port);
  client.socket.write('hello');
  await eventually('the echo', () => client.text === 'hello');
  const { connections, accepted, bytesToTarget, bytesFromTarget } = link.status();
  assert.deepEqual(
    { connections, accepted, bytesToTarget, bytesFromTarget },
    {
      connections: 1,
      accepted: 1,
      bytesToTarget: 5,
      bytesFromTarget: 5,
    },
  );
  client.socket.end();
  await eventually('it is gone', () => link.status().connections === 0);
  assert.equal(link.status().bytesFromTarget, 5);
});

test('the end of one direction ends that direction only', async () => {
  const target = await startTarget((socket) => {
    socket.resume().on('end', () => {
      socket.write('you have ended; ');
      setTimeout(() => socket.end('so do I'), 20);
    });
  });
  const { link, record } = await openLink(target.port);
  const client = call(record.port);
  client.socket.end('last words');
  await eventually('the whole answer', () => client.ended);
  assert.equal(client.text, 'you have ended; so do I');
  assert.equal(client.error, null);
  await eventually('both are closed', () => link.status().connections === 0);
});

test('a reset by the target is a reset for the client', async () => {
  const target = await startTarget((socket) => {
    socket.once('data', () => socket.resetAndDestroy());
  });
  const { record } = await openLink(target.port);
  const client = call(record.port);
  client.socket.write('x');
  await eventually('it is closed', () => client.closed);
  assert.equal(client.error, 'ECONNRESET');
  assert.equal(client.ended, false);
});

test('a reset by the client is a reset for the target', async () => {
  const target = await startTarget();
  const { record, link } = await openLink(target.port);
  const client = call(record.port);
  const server = await eventually('the target is called', () => target.sockets[0]);
  let error = '';
  server.on('error', (cause: NodeJS.ErrnoException) => (error = cause.code ?? ''));
  server.resume();
  client.socket.resetAndDestroy();
  await eventually('it is closed', () => server.destroyed);
  assert.equal(error, 'ECONNRESET');
  await eventually('the link forgot it', () => link.status().connections === 0);
});

test('a reset in the middle of an answer is never taken for its end', async () => {
  const target = await startTarget((socket) => {
    socket.write('x'.repeat(100_000), () => socket.resetAndDestroy());
  });
  const { record } = await openLink(target.port);
  const client = call(record.port);
  await eventually('it is closed', () => client.closed);
  assert.deepEqual([client.ended, client.error], [false, 'ECONNRESET']);
});

test('a client that does not read holds up the target, and costs no memory', async () => {
  let sent = 0;
  const chunk = Buffer.alloc(64 * 1024, 'x');
  const target = await startTarget((socket) => {
    const push = (): void => {
      while (sent < 512 * 1024 * 1024 && socket.write(chunk)) sent += chunk.length;
      sent += chunk.length;
    };
    socket.on('drain', push);
    push();
  });
  const { record, link } = await openLink(target.port);
  const client = call(record.port, { stalled: true });
  await eventually('something was sent', () => link.status().bytesFromTarget > 0);
  let before = -1;
  await eventually('nothing moves any more', async () => {
    if (before === sent) return true;
    before = sent;
    await delay(200);
    return false;
  });
  // The kernel's buffers of two connections, and not a multiple of what the link would hold.
  assert.ok(sent < 64 * 1024 * 1024, `the target could send ${sent} bytes`);
  assert.ok(link.status().bytesFromTarget <= sent);
  let received = 0;
  client.socket.on('data', (data: Buffer) => (received += data.length));
  await eventually('it goes on once it reads', () => received > before + 8 * 1024 * 1024);
});

test('a target that refuses is a reset for the client, and counted', async () => {
  const { link, record } = await openLink(await unusedPort());
  const client = call(record.port);
  await eventually('it is closed', () => client.closed);
  assert.equal(client.error, 'ECONNRESET');
  const { refused, connections } = link.status();
  assert.deepEqual({ refused, connections }, { refused: 1, connections: 0 });
});

test('a name is resolved for each new connection; one that is unknown is a reset', async () => {
  const target = await startTarget((socket) => socket.end('named'));
  const named = await openLink(target.port, { host: 'localhost' });
  const client = call(named.record.port);
  await eventually('the answer', () => client.text === 'named' || client.closed);
  const lost = await openLink(target.port, { host: 'no-such-host.invalid' });
  const refused = call(lost.record.port);
  await eventually('it is closed', () => refused.closed);
  assert.equal(refused.error, 'ECONNRESET');
});

test('more connections than it may hold are reset at once', async () => {
  const target = await startTarget();
  const { link, record } = await openLink(target.port, { connections: 2 });
  const kept = [call(record.port), call(record.port)];
  await eventually('two are open', () => target.sockets.length === 2);
  const third = call(record.port);
  await eventually('it is closed', () => third.closed);
  assert.equal(link.status().connections, 2);
  assert.deepEqual(
    kept.map(({ closed }) => closed),
    [false, false],
  );
});

test('another target is for new connections; those that are open stay', async () => {
  const first = await startTarget((socket) => socket.on('data', () => socket.write('first')));
  const second = await startTarget((socket) => socket.write('second'));
  const { link, record } = await openLink(first.port);
  const old = call(record.port);
  await eventually('it is joined', () => first.sockets.length === 1);
  link.configure({ ...record, target: { host: '127.0.0.1', port: second.port } });
  const fresh = call(record.port);
  await eventually('the second answers', () => fresh.text === 'second');
  old.socket.write('x');
  await eventually('the first still answers', () => old.text === 'first');
});

test('a port that somebody else holds is told, and taken once it is free', async () => {
  const target = await startTarget((socket) => socket.end('mine'));
  const foreign = await startTarget();
  const record: LinkRecord = {
    service: 'donations',
    need: 'db',
    server: 'primary',
    port: foreign.port,
    target: { host: '127.0.0.1', port: target.port },
    fault: null,
  };
  const link = newLink(record, systemClock, 9);
  const reason = await eventually('it says why', () => link.status().reason);
  assert.match(reason, new RegExp(`port ${foreign.port} is in use by process ${process.pid} `));
  assert.equal(link.status().state, 'failed');
  foreign.server.close();
  await eventually('it listens', () => link.status().state === 'open');
  assert.equal(link.status().reason, null);
});

test('a link that stops takes nothing new and lets what is open go on', async () => {
  const target = await startTarget((socket) => socket.pipe(socket));
  const { link, record } = await openLink(target.port);
  const open = call(record.port);
  open.socket.write('1');
  await eventually('it is open', () => open.text === '1');
  link.stopAccepting();
  await eventually('the port is free', () => isFree(record.port));
  open.socket.write('2');
  await eventually('it goes on', () => open.text === '12');
  link.close();
  await eventually('it is reset', () => open.error === 'ECONNRESET');
});
