import assert from 'node:assert/strict';
import { readdirSync, statSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '../../../tests/support/temporary-folder.ts';
import { describeWrites } from '../../ports/writes/contract.ts';
import { openLogWrites } from './writes.ts';

describeWrites('log', async () => {
  const path = await mkdtemp(join(tmpdir(), 'turnout-writes-'));
  return {
    open: () => openLogWrites({ path, bodyLimitBytes: 64 * 1024 }),
    remove: () => rm(path, { recursive: true }),
  };
});

test('everything on disk is for its owner alone', async () => {
  const path = join(await temporaryFolder('modes'), 'writes');
  const writes = await openLogWrites({ path });
  await writes.append({ feature: 'f', key: 'k', body: new Uint8Array(1), forMs: 60_000 });
  const drain = await writes.drain({ fence: 1, holder: 'test' });
  const [claimed] = await drain.claim({ limit: 1, forMs: 60_000 });
  assert.ok(claimed !== undefined);
  await drain.deadLetter(claimed, 'refused');
  const names = ['.', ...readdirSync(path, { recursive: true, encoding: 'utf8' })];
  assert.ok(names.length > 8, `${names.length} files and folders`);
  for (const name of names) {
    const stat = statSync(join(path, name));
    assert.equal(stat.mode & 0o777, stat.isDirectory() ? 0o700 : 0o600, name);
  }
  await writes.close();
});
