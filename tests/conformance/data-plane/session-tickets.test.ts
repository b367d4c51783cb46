import assert from 'node:assert/strict';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { eventually } from '../../support/eventually.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { systemRandomness } from '../../../src/adapters/system/randomness.ts';
import { createSimulatedClock } from '../../../src/adapters/simulated/clock.ts';
import {
  openSessionTickets,
  type TicketSecret,
  wind,
} from '../../../src/data-plane/edge/tls/session-tickets.ts';

const warned: string[] = [];
const log = { info() {}, error() {}, progress() {}, warn: (text: string) => warned.push(text) };
const dayMs = 86_400_000;

async function open(file: string, clock = createSimulatedClock()) {
  return openSessionTickets(file, { clock, randomness: systemRandomness, log });
}

test('workers that start on one file have one key; the file is for its user alone', async () => {
  const file = join(await temporaryFolder('tickets'), 'tickets.json');
  const [a, b] = await Promise.all([open(file), open(file)]);
  const c = await open(file);
  assert.equal(a.key.length, 48);
  assert.deepEqual([b.key, c.key], [a.key, a.key]);
  assert.equal(statSync(file).mode & 0o777, 0o600);
});

test('the key is another one in each period, the same in all workers without a word', async () => {
  const file = join(await temporaryFolder('tickets'), 'tickets.json');
  const clocks = [createSimulatedClock(), createSimulatedClock()];
  const [a, b] = await Promise.all(clocks.map((clock) => open(file, clock)));
  assert.ok(a !== undefined && b !== undefined);
  const before = a.key;
  let told = 0;
  a.onChange(() => told++);
  for (const clock of clocks) await clock.advance(dayMs / 2 + 60_000);
  await eventually('both have changed', () => a.key !== before && b.key !== before);
  assert.notDeepEqual(a.key, before);
  assert.deepEqual(b.key, a.key);
  assert.equal(told, 1);
  const late = createSimulatedClock(clocks[0]?.nowMs() ?? 0);
  assert.deepEqual((await open(file, late)).key, a.key);
});

test('nothing in the file leads back to the period before', () => {
  const secret = Buffer.alloc(32, 7).toString('base64');
  const held: TicketSecret = { period: 5, secret };
  const next = wind(held, 6);
  assert.equal(next.period, 6);
  assert.ok(!JSON.stringify(next).includes(secret));
  assert.deepEqual(wind(next, 9), wind(held, 9));
});

test('a damaged file is made anew; one that cannot be used leaves each its own key', async () => {
  const file = join(await temporaryFolder('tickets'), 'tickets.json');
  writeFileSync(file, '{"period":"x"}');
  const made = await open(file);
  assert.deepEqual((await open(file)).key, made.key);
  assert.match(readFileSync(file, 'utf8'), /"period":0/);
  const nowhere = join(file, 'tickets.json');
  assert.notDeepEqual((await open(nowhere)).key, (await open(nowhere)).key);
  assert.match(warned.join(), /not shared/);
});
