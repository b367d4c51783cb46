import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { referenceFiles } from './reference-files.ts';

describe('docs/reference', () => {
  for (const [path, text] of referenceFiles()) {
    test(`${path} is what its sources say (mend: npm run reference)`, () => {
      const url = new URL(`../docs/reference/${path}`, import.meta.url);
      assert.equal(readFileSync(url, 'utf8'), text);
    });
  }
});
