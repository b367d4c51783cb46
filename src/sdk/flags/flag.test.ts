import assert from 'node:assert/strict';
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { eventually } from '../../../tests/support/eventually.ts';
import { temporaryFolder } from '../../../tests/support/temporary-folder.ts';
import { drop } from '../drop.ts';
import { flag, value } from './flag.ts';

const folder = await temporaryFolder('flags');
const file = join(folder, 'run', 'flags.json');
after(drop);

function put(text: string): void {
  mkdirSync(join(folder, 'run'), { recursive: true });
  writeFileSync(`${file}.new`, text);
  renameSync(`${file}.new`, file);
}

const flags = (board: 'on' | 'off'): string =>
  JSON.stringify({
    flags: {
      board: {
        state: 'ENABLED',
        variants: { on: true, off: false },
        defaultVariant: board,
        targeting: { if: [{ $ref: 'staff' }, 'on', null] },
      },
      goal: { state: 'ENABLED', variants: { usual: 500, high: 900 }, defaultVariant: 'high' },
      banner: { state: 'ENABLED', variants: { a: { text: 'Vote' } }, defaultVariant: 'a' },
      gone: { state: 'DISABLED', variants: { on: true }, defaultVariant: 'on' },
    },
    $evaluators: { staff: { ends_with: [{ var: 'email' }, '@example.org'] } },
  });

test('the fallback holds where there are no flags, or no file yet', () => {
  assert.equal(flag('board', true), true);
  process.env['TURNOUT_FLAGS_FILE'] = file;
  assert.equal(flag('board', true), true);
  assert.equal(value('goal', 7), 7);
});

test('a file that comes later is found, and its changes are in force by themselves', async () => {
  put(flags('off'));
  await eventually('it is read', () => !flag('board', true));
  put(flags('on'));
  await eventually('it is read again', () => flag('board', false));
  put(flags('off'));
  await eventually('and again', () => !flag('board', true));
});

test('values are of the kind the code asks for', () => {
  assert.equal(value('goal', 1), 900);
  assert.deepEqual(value('banner', { text: '' }), { text: 'Vote' });
  assert.equal(value('goal', 'text'), 'text');
  assert.equal(flag('gone', false), false);
  assert.equal(flag('stranger', true), true);
});

test('rules look at the context', () => {
  assert.equal(flag('board', false, { email: 'ada@example.org' }), true);
  assert.equal(flag('board', true, { email: 'ada@elsewhere.example' }), false);
});

test('a broken file leaves the last good one in force', async () => {
  put('{"flags": {"board": {"state": "SIDEWAYS"}}}');
  put('no JSON at all');
  put(JSON.stringify({ flags: { board: 3 } }));
  assert.equal(flag('board', true), false);
  assert.equal(value('goal', 1), 900);
  put(flags('on'));
  await eventually('the next good one is read', () => flag('board', false));
});
