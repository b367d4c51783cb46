import assert from 'node:assert/strict';
import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { test } from 'node:test';
import { temporaryFolder } from '../../../tests/support/temporary-folder.ts';
import { readHeader } from './connections.ts';

const root = await temporaryFolder('opened-while-made');

/** Lets another process make the file between the reads of its two numbers. */
class Interrupted extends DatabaseSync {
  beforeVersion = () => {};

  override prepare(sql: string): StatementSync {
    if (sql === 'PRAGMA user_version') this.beforeVersion();
    return super.prepare(sql);
  }
}

test('a file that is made while it is looked at is new or whole, never foreign', async () => {
  const file = join(await mkdtemp(join(root, 'site-')), 'state.db');
  const other = new DatabaseSync(file);
  other.exec('PRAGMA journal_mode = WAL');
  const ours = new Interrupted(file);
  ours.beforeVersion = () => {
    ours.beforeVersion = () => {};
    other.exec('BEGIN IMMEDIATE; PRAGMA application_id = 7; CREATE TABLE t (a);');
    other.exec('PRAGMA user_version = 3; COMMIT');
  };
  assert.deepEqual(readHeader(ours), { applicationId: 0, version: 0, isNew: true });
  assert.deepEqual(readHeader(ours), { applicationId: 7, version: 3, isNew: false });
  ours.close();
  other.close();
});
