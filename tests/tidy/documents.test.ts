import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { trackedFiles } from './tracked-files.ts';

const tracked = trackedFiles(/./);

test('every file that ARCHITECTURE.md names is there', () => {
  const text = readFileSync('ARCHITECTURE.md', 'utf8');
  const named = [...text.matchAll(/`([\w./-]+\.(?:ts|js|json))`/g)].map(([, path]) => path ?? '');
  assert.ok(named.length > 20);
  const missing = named.filter((path) => !tracked.some((file) => `/${file}`.endsWith(`/${path}`)));
  assert.deepEqual(missing, []);
});

test('every folder that ARCHITECTURE.md names is there', () => {
  const text = readFileSync('ARCHITECTURE.md', 'utf8');
  const named = [...text.matchAll(/`([\w-]+(?:\/[\w-]+)*)\/`/g)].map(([, path]) => path ?? '');
  const missing = named.filter((path) => !tracked.some((file) => `/${file}`.includes(`/${path}/`)));
  assert.deepEqual(missing, []);
});

test('every link between documents leads somewhere', () => {
  const broken = trackedFiles(/\.md$/).flatMap((file) =>
    [...readFileSync(file, 'utf8').matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)[^)]*\)/g)]
      .map(([, target]) => join(dirname(file), target ?? ''))
      .filter((target) => !existsSync(target))
      .map((target) => `${file} → ${target}`),
  );
  assert.deepEqual(broken, []);
});
