import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { createSimulatedClock } from '../../../src/adapters/simulated/clock.ts';
import type { LinkFault } from '../../../src/contract/links.ts';
import { eventually } from '../../support/eventually.ts';
import { call, closeRigs, openLink, startTarget } from './link-rig.ts';

after(closeRigs);

const until = (untilMs: number, kind: LinkFault['kind']): LinkFault => ({
  kind,
  untilMs,
  who: 'test',
  why: 'to see',
});

test('cut resets what is open and refuses what is new, and opens by itself', async () => {
  const clock = createSimulatedClock(1_000_000);
  const target = await startTarget((socket) => socket.pipe(socket));
  const { link, record, fault } = await openLink(target.port, { clock });
  const open = call(record.port);
  open.socket.write('x');
  await eventually('it is open', () => open.text === 'x');
  fault(until(clock.nowMs() + 60_000, 'cut'));
  await eventually('it is reset', () => open.closed);
  assert.equal(open.error, 'ECONNRESET');
  assert.equal(link.status().state, 'cut');
  const refused = call(record.port);
  await eventually('it is refused', () => refused.closed);
  assert.equal(refused.error, 'ECONNREFUSED');
  await clock.advance(60_000);
  await eventually('it listens again', () => link.status().state === 'open');
  const again = call(record.port);
  again.socket.write('back');
  await eventually('it is back', () => again.text === 'back');
});

test('hang lets nothing pass and closes nothing; what was held goes on afterwards', async () => {
  const target = await startTarget((socket) => socket.pipe(socket));
  const { link, record, fault } = await openLink(target.port);
  const open = call(record.port);
  open.socket.write('1');
  await eventually('it is open', () => open.text === '1');
  fault(until(Date.now() + 3_600_000, 'hang'));
  open.socket.write('2');
  const fresh = call(record.port);
  fresh.socket.write('3');
  await eventually('the new one is accepted', () => link.status().connections === 2);
  await delay(100);
  assert.deepEqual([open.text, fresh.text, target.sockets.length], ['1', '', 1]);
  assert.deepEqual([open.closed, fresh.closed, link.status().state], [false, false, 'hang']);
  fault(null);
  await eventually('both go on', () => open.text === '12' && fresh.text === '3');
});

test('a fault whose time has passed is none', async () => {
  const target = await startTarget((socket) => socket.end('open'));
  const { record, fault } = await openLink(target.port);
  fault(until(Date.now() - 1, 'cut'));
  const client = call(record.port);
  await eventually('the answer', () => client.text === 'open');
});
