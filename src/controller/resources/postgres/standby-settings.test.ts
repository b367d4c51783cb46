import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '../../../../tests/support/temporary-folder.ts';
import { becomeStandby, markReadOnly, markerIn, standAlone } from './standby-settings.ts';

test('data are marked, again and again, for their owner', async () => {
  const data = await temporaryFolder('data');
  assert.equal(await markReadOnly(data, null), true);
  assert.equal(await markReadOnly(data, null), true);
  assert.equal(statSync(markerIn(data)).mode & 0o777, 0o600);
});

test('where there are no data there is nothing to mark', async () => {
  assert.equal(await markReadOnly(join(await temporaryFolder('data'), 'none'), null), false);
});

test('a link in the place of the mark is refused, and what it leads to is left alone', async () => {
  const root = await temporaryFolder('data');
  const [data, outside] = [join(root, 'data'), join(root, 'outside')];
  mkdirSync(data);
  writeFileSync(outside, 'of others');
  symlinkSync(outside, markerIn(data));
  await assert.rejects(markReadOnly(data, null), { code: 'ELOOP' });
  assert.equal(readFileSync(outside, 'utf8'), 'of others');
});

test('settings that are a link are refused: their content would become the account’s', async () => {
  const root = await temporaryFolder('data');
  const [data, outside] = [join(root, 'data'), join(root, 'outside')];
  mkdirSync(data);
  writeFileSync(outside, "primary_conninfo = 'of others'\n");
  symlinkSync(outside, join(data, 'postgresql.auto.conf'));
  const settings = { member: 'one-1', port: 1, password: 'x' };
  await assert.rejects(becomeStandby(data, settings, null), { code: 'ELOOP' });
  await assert.rejects(standAlone(data), { code: 'ELOOP' });
  assert.equal(readFileSync(outside, 'utf8'), "primary_conninfo = 'of others'\n");
});
