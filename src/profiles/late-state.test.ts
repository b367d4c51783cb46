import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { openSqliteState } from '../adapters/sqlite/state.ts';
import { LateState } from './late-state.ts';

const folder = mkdtempSync(join(tmpdir(), 'turnout-late-'));
after(() => rmSync(folder, { recursive: true, force: true }));

test('a state that cannot be opened rejects each call, and works once it can', async () => {
  const file = join(folder, 'state.db');
  writeFileSync(file, 'this is no database, and long enough to be looked at as one'.repeat(20));
  const state = new LateState(() => openSqliteState({ folder }));
  await assert.rejects(state.get('configuration'));
  await assert.rejects(state.watch('endpoints/', () => undefined));
  rmSync(file);
  await state.put('configuration', { digest: 'sha256:00' });
  assert.deepEqual((await state.get('configuration'))?.value, { digest: 'sha256:00' });
  await state.close();
});
