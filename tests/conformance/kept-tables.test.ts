import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { createSimulatedClock } from '../../src/adapters/simulated/clock.ts';
import { tableStateKey } from '../../src/contract/table-names.ts';
import { type LiveTableEntry, TABLES_PREFIX } from '../../src/contract/tables.ts';
import { parseAddress } from '../../src/lib/address.ts';
import { Tables } from '../../src/data-plane/edge/tables/tables.ts';

const log = { info() {}, warn() {}, error() {}, progress() {} };

function ban(key: string): LiveTableEntry {
  const said = { value: null, isRemoved: false, author: 'cli', why: null, atMs: 0 };
  return { table: 'bans', key, ...said, expiresMs: null };
}

test('a worker starts with what is whole of its tables, whatever became of the rest', async () => {
  const folder = await temporaryFolder('kept-tables');
  const clock = createSimulatedClock(1_000_000);
  const parts = { clock, log, folder };
  const before = new Tables(parts);
  for (const key of ['192.0.2.1', '192.0.2.2']) {
    before.change(tableStateKey('bans', key).slice(TABLES_PREFIX.length), ban(key));
  }
  await before.close();
  const file = join(folder, 'tables.jsonl');
  const damaged = [
    '["bans/192.0.2.3"]',
    '["bans/192.0.2.3",5]',
    '["bans/192.0.2.3",{"table":"bans"}]',
    JSON.stringify(['bans/192.0.2.3', { ...ban('192.0.2.3'), key: 7 }]),
    JSON.stringify(['bans/192.0.2.3', { ...ban('192.0.2.3'), expiresMs: 'never' }]),
    '{"bans/192.0.2.3":null}',
    '["bans/192.0.2.3",{"table":"ba',
  ];
  writeFileSync(file, `${damaged.join('\n')}\n${readFileSync(file, 'utf8')}${damaged.join('\n')}`);
  const after = new Tables(parts);
  after.restore();
  const isBanned = (text: string): boolean => {
    const address = parseAddress(text);
    return address !== null && after.isBanned(address);
  };
  assert.deepEqual(['192.0.2.1', '192.0.2.2', '192.0.2.3'].map(isBanned), [true, true, false]);
  await after.close();
});
