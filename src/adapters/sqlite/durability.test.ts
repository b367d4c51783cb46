import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { count } from '../../../tests/support/prove.ts';
import { temporaryFolder } from '../../../tests/support/temporary-folder.ts';

const root = await temporaryFolder('durability');
const script = new URL('../../../tests/support/storage-process.ts', import.meta.url).pathname;
const acks = count(20, 500);

/**
 * How many acknowledgements a process gave for writes to `file` before the sync that covers them,
 * as its system calls show. The rest were given after.
 */
async function earlyAcknowledgements(role: string, file: string): Promise<number> {
  const folder = await mkdtemp(join(root, 'site-'));
  const trace = join(folder, 'trace');
  const calls = 'trace=pwrite64,write,fsync,fdatasync';
  const child = [process.execPath, script, role, JSON.stringify({ folder, count: acks })];
  await promisify(execFile)('strace', ['-f', '-y', '-o', trace, '-e', calls, ...child]);
  let isUnsynced = false;
  let given = 0;
  let early = 0;
  for (const line of (await readFile(trace, 'utf8')).split('\n')) {
    const isOnFile = line.includes(`${file}>`);
    if (isOnFile && line.includes('pwrite64(')) isUnsynced = true;
    if (isOnFile && /f(data)?sync\(.* = 0$/.test(line)) isUnsynced = false;
    // While another thread calls something, a sync is traced in two lines; the second names no
    // file, and no other file is synced between an append and its acknowledgement.
    if (/f(data)?sync resumed>.* = 0$/.test(line)) isUnsynced = false;
    if (!line.includes(`${folder}/acks>`) || !line.includes('write(')) continue;
    given += 1;
    if (isUnsynced) early += 1;
  }
  assert.equal(given, acks, 'the trace shows every acknowledgement');
  return early;
}

test('an append is acknowledged after the sync that covers it', async () => {
  assert.equal(await earlyAcknowledgements('acknowledge appends', 'journal.db-wal'), 0);
});

test('a put is acknowledged after the sync that covers it', async () => {
  assert.equal(await earlyAcknowledgements('acknowledge puts', 'state.db-wal'), 0);
});

test('the same look at a database without syncs finds every acknowledgement early', async () => {
  const role = 'acknowledge unsynced inserts';
  assert.equal(await earlyAcknowledgements(role, 'unsynced.db-wal'), acks);
});
