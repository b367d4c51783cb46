import { join } from 'node:path';
import { test } from 'node:test';
import { testInNamespace } from '../../support/in-namespace.ts';

test('another Turnout takes over a site whose needs pass through links', () => {
  testInNamespace(join(import.meta.dirname, 'upgrade-with-links-in-namespace.ts'));
});
