import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stateFolder } from '../contract/state-folder.ts';
import { backedUpParts } from './backed-up-parts.ts';

test('every part of the state folder is in a backup or is left out on purpose', () => {
  const folder = stateFolder('/state');
  const paths = Object.entries(backedUpParts).map(([part]) => folder[part as keyof typeof folder]);
  const forgotten = Object.entries(folder).filter(
    ([, path]) => !paths.some((known) => path === known || path.startsWith(`${known}/`)),
  );
  assert.deepEqual(forgotten, [['root', '/state']]);
});
