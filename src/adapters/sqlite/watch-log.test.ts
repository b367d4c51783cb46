import assert from 'node:assert/strict';
import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../../../tests/support/eventually.ts';
import { temporaryFolder } from '../../../tests/support/temporary-folder.ts';
import { watchLog } from './watch-log.ts';

const folder = await temporaryFolder('watch-log');

test('a write to the log is looked after until something is found, and no longer', async () => {
  let looks = 0;
  let finds = false;
  const watching = watchLog(join(folder, 'a.db'), () => {
    looks++;
    return finds;
  });
  await appendFile(join(folder, 'b.db-wal'), 'of another file');
  await appendFile(join(folder, 'a.db'), 'of a checkpoint');
  await sleep(50);
  assert.equal(looks, 0);
  await appendFile(join(folder, 'a.db-wal'), 'a commit that is not on the disk yet');
  await eventually('it is looked again and again', () => looks > 2);
  finds = true;
  const seen = looks;
  await eventually('it is found', () => looks > seen || looks >= 30);
  await sleep(50);
  const after = looks;
  await sleep(50);
  assert.equal(looks, after, 'nothing was written, so nobody looks');
  await appendFile(join(folder, 'a.db-wal'), 'another');
  await eventually('it is looked once more', () => looks > after);
  watching.close();
  const closed = looks;
  await appendFile(join(folder, 'a.db-wal'), 'unseen');
  await sleep(50);
  assert.equal(looks, closed);
});

test('what was written here is looked at once', async () => {
  let looks = 0;
  const watching = watchLog(join(folder, 'c.db'), () => {
    looks++;
    return false;
  });
  watching.wrote();
  await appendFile(join(folder, 'c.db-wal'), 'a commit of our own');
  await sleep(60);
  assert.ok(looks <= 2, `looked ${looks} times`);
  await appendFile(join(folder, 'c.db-wal'), 'a commit of another');
  await eventually('it is looked again and again', () => looks > 5);
  watching.close();
});

test('a folder that cannot be watched is polled by whoever needs it', () => {
  const watching = watchLog(join(folder, 'nowhere/a.db'), () => true);
  watching.close();
});
