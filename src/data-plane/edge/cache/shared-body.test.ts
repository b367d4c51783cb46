import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { SharedBody } from './shared-body.ts';

const kilobyte = Buffer.alloc(1024, 'x');

function shared(limitBytes: number, budgetBytes = 1e9) {
  const source = new PassThrough();
  const budget = { limitBytes: budgetBytes, usedBytes: 0 };
  const kept: Buffer[] = [];
  const body = new SharedBody(source, limitBytes, budget, (whole) => kept.push(whole));
  return { source, budget, kept, body };
}

test('every reader has all of it, whenever it began, and so has the store', async () => {
  const { source, budget, kept, body } = shared(1e6);
  const early = buffer(body.read() ?? source);
  for (let n = 0; n < 100; n += 1) source.write(kilobyte);
  await sleep(5);
  const late = buffer(body.read() ?? source);
  source.end('end');
  assert.equal((await early).length, 100 * 1024 + 3);
  assert.deepEqual(await early, await late);
  assert.deepEqual(kept, [await early]);
  await sleep(5);
  assert.equal(budget.usedBytes, 0, 'what it took is given back');
});

test('one that is too long is not kept, and comes no faster than the slowest reads', async () => {
  const { source, budget, kept, body } = shared(10 * 1024);
  const slow = body.read();
  const fast = buffer(body.read() ?? source);
  assert.ok(slow !== null);
  let written = 0;
  const total = 4 * 1024;
  const pour = async (): Promise<void> => {
    for (; written < total; written += 1) {
      if (!source.write(kilobyte)) await new Promise((resolve) => source.once('drain', resolve));
    }
    source.end();
  };
  void pour();
  await sleep(100);
  assert.ok(written < 1024, `${written} kB for one that reads nothing`);
  assert.ok(budget.usedBytes < 1024 * 1024);
  assert.equal(body.read(), null, 'nobody joins any more');
  assert.equal((await buffer(slow)).length, total * 1024);
  assert.equal((await fast).length, total * 1024);
  assert.deepEqual(kept, []);
  await sleep(5);
  assert.equal(budget.usedBytes, 0);
});

test('where the budget is used up nothing more is kept, and nothing is lost', async () => {
  const { source, kept, body } = shared(1e6, 20 * 1024);
  const reading = buffer(body.read() ?? source);
  for (let n = 0; n < 100; n += 1) source.write(kilobyte);
  source.end();
  assert.equal((await reading).length, 100 * 1024);
  assert.deepEqual(kept, []);
});

test('one that breaks off fails for its readers, and is not kept', async () => {
  const { source, budget, kept, body } = shared(1e6);
  const reading = buffer(body.read() ?? source);
  source.write(kilobyte);
  await sleep(5);
  source.destroy(new Error('gone'));
  await assert.rejects(reading, /cut off/);
  assert.deepEqual(kept, []);
  assert.equal(budget.usedBytes, 0);
});

test('a reader that goes away holds up nobody', async () => {
  const { source, body } = shared(10 * 1024);
  const gone = body.read();
  const reading = buffer(body.read() ?? source);
  for (let n = 0; n < 20; n += 1) source.write(kilobyte);
  await sleep(5);
  gone?.destroy();
  for (let n = 0; n < 500; n += 1) source.write(kilobyte);
  source.end();
  assert.equal((await reading).length, 520 * 1024);
});
