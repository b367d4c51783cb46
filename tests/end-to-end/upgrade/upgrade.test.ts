import { join } from 'node:path';
import { test } from 'node:test';
import { testInNamespace } from '../../support/in-namespace.ts';

test('another Turnout takes over under load without a failed request', () => {
  testInNamespace(join(import.meta.dirname, 'upgrade-in-namespace.ts'));
});
