import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { takeOwnerLock } from './owner-lock.ts';

const folder = mkdtempSync(join(tmpdir(), 'turnout-lock-'));
after(() => rmSync(folder, { recursive: true }));

test('a second holder is refused until the first lets go', () => {
  const file = join(folder, 'a.lock');
  const first = takeOwnerLock(file);
  assert.ok(first);
  assert.equal(takeOwnerLock(file), null);
  first.release();
  const second = takeOwnerLock(file);
  assert.ok(second);
  second.release();
});

test('kill -9 of the holder frees the lock', async () => {
  const file = join(folder, 'b.lock');
  const program = `
    import { takeOwnerLock } from ${JSON.stringify(import.meta.resolve('./owner-lock.ts'))};
    globalThis.lock = takeOwnerLock(${JSON.stringify(file)});
    process.stdout.write('held');
    setInterval(() => {}, 1000);`;
  const holder = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(holder.stdout, 'data');
  assert.equal(takeOwnerLock(file), null);
  holder.kill('SIGKILL');
  await once(holder, 'exit');
  const lock = takeOwnerLock(file);
  assert.ok(lock);
  lock.release();
});

test('a holder learns that its file was removed and made anew', () => {
  const file = join(folder, 'c.lock');
  const first = takeOwnerLock(file);
  assert.equal(first?.isReplaced(), false);
  rmSync(file);
  assert.equal(first?.isReplaced(), false, 'nobody has taken its place');
  const second = takeOwnerLock(file);
  assert.equal(first?.isReplaced(), true);
  assert.equal(second?.isReplaced(), false);
  first?.release();
  second?.release();
});
