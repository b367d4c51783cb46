import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import type { Worker } from 'node:worker_threads';
import { eventually } from '../../../tests/support/eventually.ts';
import { temporaryFolder } from '../../../tests/support/temporary-folder.ts';
import { openSqliteJournal } from './journal.ts';
import { openSqliteState } from './state.ts';

const root = await temporaryFolder('damaged-files');
/** Every thread that this process starts, newest last. */
const threads: Worker[] = [];
process.on('worker', (thread: Worker) => threads.push(thread));
const newFolder = () => mkdtemp(join(root, 'site-'));

/** A refusal by that code whose message names the file and whose remedy says something. */
function refusal(code: string, file: string) {
  return (error: Error & { code?: string; remedy?: string }) => {
    assert.equal(error.code, code);
    assert.ok(error.message.includes(file), error.message);
    assert.ok((error.remedy ?? '').length > 20);
    return true;
  };
}

test('files are private to the user, in a private folder', async () => {
  const folder = join(await newFolder(), 'made', 'as needed');
  const state = await openSqliteState({ folder });
  await state.put('a', 1);
  assert.equal((await stat(folder)).mode & 0o777, 0o700);
  for (const name of ['state.db', 'state.db-wal', 'state.db-shm']) {
    assert.equal((await stat(join(folder, name))).mode & 0o777, 0o600, name);
  }
  await state.close();
});

test('a file that others could read is made private', async () => {
  const folder = await newFolder();
  await writeFile(join(folder, 'state.db'), '', { mode: 0o644 });
  await (await openSqliteState({ folder })).close();
  assert.equal((await stat(join(folder, 'state.db'))).mode & 0o777, 0o600);
});

test('a file that is no database is refused by name, and left alone', async () => {
  const folder = await newFolder();
  const file = join(folder, 'state.db');
  await writeFile(file, 'this is not a database, whatever its name says'.repeat(100));
  await assert.rejects(openSqliteState({ folder }), refusal('state-corrupt', file));
  assert.match(await readFile(file, 'utf8'), /^this is not a database/);
});

test('a damaged page is reported by the read that meets it', async () => {
  const folder = await newFolder();
  const file = join(folder, 'journal.db');
  const journal = await openSqliteJournal({ folder });
  const data = 'x'.repeat(3_000);
  const entry = { kind: 'a.b', subject: 'site', who: 'test', data };
  await Promise.all(Array.from({ length: 200 }, () => journal.append(entry)));
  await journal.close();
  const bytes = await readFile(file);
  await writeFile(file, bytes.fill(0xff, 8_192, bytes.length - 4_096));
  const damaged = await openSqliteJournal({ folder });
  await assert.rejects(damaged.range({}), refusal('journal-corrupt', file));
  await damaged.close();
});

test('a file that was cut off is reported', async () => {
  const folder = await newFolder();
  const state = await openSqliteState({ folder });
  for (let n = 0; n < 50; n += 1) await state.put(`key/${n}`, 'x'.repeat(2_000));
  await state.close();
  const file = join(folder, 'state.db');
  const bytes = await readFile(file);
  await writeFile(file, bytes.subarray(0, bytes.length / 2));
  const read = async () => (await openSqliteState({ folder })).list('');
  await assert.rejects(read, refusal('state-corrupt', file));
});

test('a file by a newer Turnout, or by another program, is refused by name', async () => {
  const folder = await newFolder();
  await (await openSqliteState({ folder })).close();
  const file = join(folder, 'state.db');
  const edit = (sql: string) => {
    const database = new DatabaseSync(file);
    database.exec(sql);
    database.close();
  };
  edit('PRAGMA user_version = 99');
  await assert.rejects(openSqliteState({ folder }), refusal('state-newer', file));
  edit('PRAGMA user_version = 1; PRAGMA application_id = 7');
  await assert.rejects(openSqliteState({ folder }), refusal('state-foreign', file));
  await rename(file, join(folder, 'journal.db'));
  await assert.rejects(openSqliteJournal({ folder }), { code: 'journal-foreign' });
});

test('a folder that cannot be made is named', async () => {
  const folder = await newFolder();
  await writeFile(join(folder, 'file'), '');
  const inside = join(folder, 'file', 'site');
  await assert.rejects(openSqliteState({ folder: inside }), refusal('state-unavailable', inside));
});

test('a file that is removed while in use is refused, and nothing takes its place', async () => {
  const folder = await newFolder();
  const state = await openSqliteState({ folder });
  const seen: string[] = [];
  await state.put('a', 1);
  const watch = await state.watch('', (change) => seen.push(change.kind));
  await rm(folder, { recursive: true });
  await mkdir(folder);
  const refused = await eventually('puts are refused', () =>
    state.put('a', 2).then(
      () => null,
      (error: Error) => error,
    ),
  );
  assert.ok(refusal('state-unavailable', join(folder, 'state.db'))(refused));
  await assert.rejects(state.get('a'), { code: 'state-unavailable' });
  assert.ok(!seen.includes('delete'), 'watchers keep what they know');
  await threads.at(-1)?.terminate();
  await eventually('the next thread refuses it too', () =>
    state.get('a').then(
      () => null,
      (error: Error) => error.message.includes('was removed'),
    ),
  );
  await assert.rejects(stat(join(folder, 'state.db')), { code: 'ENOENT' });
  watch.close();
  await state.close();
});
