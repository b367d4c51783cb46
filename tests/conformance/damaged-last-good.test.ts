import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { systemClock } from '../../src/adapters/system/clock.ts';
import { openLastGood } from '../../src/data-plane/last-good.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const log = { info() {}, warn() {}, error() {}, progress() {} };
const folder = await temporaryFolder('last-good');

/** What a worker makes of the two files as it starts. */
async function read(configuration: unknown, traffic: object) {
  const write = (name: string, value: object): Promise<void> =>
    writeFile(join(folder, name), JSON.stringify({ version: 1, ...value }));
  await write('configuration.json', { configuration });
  await write('traffic.json', traffic);
  return openLastGood(folder, systemClock, log).read();
}

test('of a damaged file a worker takes what is whole, and starts', async () => {
  const instance = { id: 'a-1', address: '127.0.0.1:1', release: 'sha256:1', state: 'ready' };
  const whole = { service: 'a', instances: [instance] };
  const pointer = { frontend: 'home', release: 'sha256:2', variants: 'sha256:3', previous: [] };
  const damaged = [null, 5, 'a', [], {}, { service: 'b' }, { service: 7, instances: [] }];
  const found = await read('no object', {
    endpoints: [...damaged, whole, { service: 'c', instances: [{ ...instance, address: 7 }] }],
    frontends: [...damaged, pointer, { ...pointer, previous: [null] }, { ...pointer, release: 1 }],
  });
  assert.deepEqual(found.endpoints, [whole]);
  assert.deepEqual(found.frontends, [pointer]);
  assert.equal(found.configuration, null);
});

test('lists that are none hold nothing, and files that are named wrongly are none', async () => {
  for (const list of [{}, 'a', 5, null]) {
    const { endpoints, frontends } = await read(null, { endpoints: list, frontends: list });
    assert.deepEqual([endpoints, frontends], [[], []]);
  }
  for (const edge of [null, 5, 'x', {}, { files: null }, { files: 'x' }]) {
    assert.equal((await read({ edge, policies: {} }, {})).configuration, null);
  }
  for (const policies of [undefined, null, 5, [], { files: null }, { files: 'x' }]) {
    assert.equal((await read({ edge: { files: {} }, policies }, {})).configuration, null);
  }
  const { files } = await read(
    { edge: { files: { 'a.txt': 5 } }, policies: { files: { 'b.txt': '../../x' } } },
    {},
  );
  assert.equal(files.size, 0);
});
