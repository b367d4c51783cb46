import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('../../bin/turnout.js', import.meta.url));

for (const [words, message] of [
  [
    'flags sett x',
    /^error: unknown command 'sett'\n\(Did you mean set\?\)\n {2}remedy: `turnout flags --help`/,
  ],
  ['circuits lsit', /unknown command 'lsit'\n\(Did you mean list\?\)/],
  ['writes xylophone', /unknown command 'xylophone'\n {2}remedy/],
  ['rules list x', /^error: too many arguments for 'list'\. Expected 0 arguments but got 1: x\.\n/],
] as const) {
  test(`\`turnout ${words}\` is answered by what may be meant`, () => {
    const { status, stderr } = spawnSync(process.execPath, [program, ...words.split(' ')], {
      encoding: 'utf8',
    });
    assert.equal(status, 2);
    assert.match(stderr, message);
  });
}
