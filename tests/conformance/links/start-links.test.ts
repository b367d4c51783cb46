import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { openSqliteState } from '../../../src/adapters/sqlite/state.ts';
import { systemClock } from '../../../src/adapters/system/clock.ts';
import { LINKS_KEY, linkKey } from '../../../src/contract/links.ts';
import type { LinkRecord, LinksStatus } from '../../../src/contract/links.ts';
import { findFreePort } from '../../../src/lib/free-port.ts';
import { readJsonFile } from '../../../src/lib/json-file.ts';
import { createLog } from '../../../src/lib/log.ts';
import { startLinks } from '../../../src/links/start-links.ts';
import { LateState } from '../../../src/profiles/late-state.ts';
import type { State } from '../../../src/ports/state/port.ts';
import { eventually } from '../../support/eventually.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const closing: (() => Promise<unknown>)[] = [];
after(async () => {
  for (const close of closing.toReversed()) await close();
});

async function startServer(): Promise<number> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.end('served');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  closing.push(async () => server.close());
  return (server.address() as AddressInfo).port;
}

async function newRecord(need: string): Promise<LinkRecord> {
  return {
    service: 'donations',
    need,
    server: 'primary',
    port: await findFreePort(Math.random),
    target: { host: '127.0.0.1', port: await startServer() },
    fault: null,
  };
}

function open(folder: string, state: State) {
  const links = startLinks({
    state,
    clock: systemClock,
    log: createLog(2, 'links'),
    lastGoodFile: join(folder, 'last-good.json'),
    statusFile: join(folder, 'links.json'),
  });
  const close = () => links.close({ lingerMs: 0 });
  closing.push(close);
  return { ...links, close };
}

async function hears(port: number): Promise<boolean> {
  const socket = connect({ port, host: '127.0.0.1' });
  let text = '';
  socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
  socket.on('error', () => undefined);
  await new Promise((resolve) => socket.on('close', resolve));
  return text === 'served';
}

test('links follow state: one that is put is there, one that is deleted is gone', async () => {
  const folder = await temporaryFolder('links');
  const state = await openSqliteState({ folder });
  closing.push(() => state.close());
  const links = open(folder, state);
  const record = await newRecord('db');
  await state.put(linkKey(record), record);
  await eventually('it serves', () => hears(record.port));
  const told = await eventually('it is reported', () => {
    const status = readJsonFile(join(folder, 'links.json')) as LinksStatus | null;
    return status?.links.find(({ state: now, accepted }) => now === 'open' && accepted > 0);
  });
  assert.equal(told.port, record.port);
  await state.delete(linkKey(record));
  await eventually('it is gone', () => links.statuses().length === 0);
});

test('without state the links are those that were last known', async () => {
  const folder = await temporaryFolder('links');
  const state = await openSqliteState({ folder });
  const first = open(folder, state);
  const [kept, gone] = [await newRecord('db'), await newRecord('other')];
  for (const record of [kept, gone]) await state.put(linkKey(record), record);
  await eventually('both are there', () => first.statuses().length === 2);
  await first.close();
  await state.delete(linkKey(gone));
  await state.put(LINKS_KEY, { on: true });
  await state.close();
  let isAway = true;
  const late = new LateState(() =>
    isAway ? Promise.reject(new Error('away')) : openSqliteState({ folder }),
  );
  closing.push(() => late.close());
  const second = open(folder, late);
  await eventually('one serves without state', () => hears(kept.port));
  assert.equal(second.statuses().length, 2);
  isAway = false;
  await eventually('what was deleted meanwhile goes', () => second.statuses().length === 1);
  await eventually('the other serves on', () => hears(kept.port));
});

test('a record that a newer version wrote takes nothing away', async () => {
  const folder = await temporaryFolder('links');
  const state = await openSqliteState({ folder });
  closing.push(() => state.close());
  const links = open(folder, state);
  const record = await newRecord('db');
  await state.put(linkKey(record), { ...record, colour: 'blue' });
  await eventually('it serves', () => hears(record.port));
  await state.put(linkKey(record), { version: 9, where: 'elsewhere' });
  const other = await newRecord('other');
  await state.put(linkKey(other), other);
  await eventually('the other serves', () => hears(other.port));
  assert.equal(links.statuses().length, 2);
  assert.equal(await hears(record.port), true);
});

test('a try that failed half-way leaves no watch behind', async () => {
  const folder = await temporaryFolder('links');
  const real = await openSqliteState({ folder });
  closing.push(() => real.close());
  const tried = { watches: 0, open: 0, gets: 0 };
  const watch: State['watch'] = async (prefix, listener) => {
    const opened = await real.watch(prefix, listener);
    tried.watches += 1;
    tried.open += 1;
    return {
      close() {
        opened.close();
        tried.open -= 1;
      },
    };
  };
  const get: State['get'] = async (key) => {
    tried.gets += 1;
    if (tried.gets <= 2) throw new Error('away');
    return real.get(key);
  };
  const links = open(folder, { watch, get } as Partial<State> as State);
  await eventually('it is read at last', () => tried.gets === 3);
  assert.deepEqual([tried.watches, tried.open], [3, 1]);
  const record = await newRecord('db');
  await real.put(linkKey(record), record);
  await eventually('what changes is followed', () => hears(record.port));
  await links.close();
  assert.equal(tried.open, 0);
});
