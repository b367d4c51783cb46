import { join } from 'node:path';
import { test } from 'node:test';
import { testInNamespace } from '../../support/in-namespace.ts';

test('kills under load cost what is promised, and nothing more', () => {
  testInNamespace(join(import.meta.dirname, 'kills-in-namespace.ts'));
});
