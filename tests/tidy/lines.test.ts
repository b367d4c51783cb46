import assert from 'node:assert/strict';
import { test } from 'node:test';
import { linesOf, trackedFiles } from './tracked-files.ts';

/** This file names what it forbids, so it is not looked at itself. */
const self = 'tests/tidy/lines.test.ts';
const source = linesOf(
  trackedFiles(/^(src|bin|tools|tests|bench|examples)\/.*\.(ts|js)$/).filter(
    (file) => file !== self,
  ),
);
const product = linesOf(
  trackedFiles(/\.(ts|js|json|md|yaml|yml|html|css|svg)$/).filter(
    (file) => file !== self && !file.startsWith('docs/proof/'),
  ),
);

function placesOf(lines: typeof source, pattern: RegExp): string[] {
  return lines
    .filter(({ text }) => pattern.test(text))
    .map(({ place, text }) => `${place} ${text.trim()}`);
}

test('no line of code is wider than 100 columns', () => {
  // The formatter keeps an import of one name on its line, however long the path is.
  const mayBeWide = /https?:\/\/|`|^import (?:type )?\{ \w+ \} from '[^']+';$/;
  const wide = source.filter(({ text }) => [...text].length > 100 && !mayBeWide.test(text));
  assert.deepEqual(
    wide.map(({ place }) => place),
    [],
  );
});

test('nothing is left over: no notes to ourselves in place of work', () => {
  const words = ['TODO', 'FIXME', 'XXX', 'HACK'];
  assert.deepEqual(placesOf(source, new RegExp(`\\b(${words.join('|')})\\b`)), []);
});

test('no type or lint rule is escaped', () => {
  const escapes = new RegExp(['@ts-ignore', '@ts-expect-error', 'lint-disable'].join('|'));
  assert.deepEqual(placesOf(source, escapes), []);
});

test('no test is skipped, left to do, or run alone', () => {
  const tests = linesOf(trackedFiles(/\.test\.ts$/));
  assert.deepEqual(
    placesOf(tests, /\b(test|it|describe)\.(skip|todo|only)\b|\bskip: (true|')/),
    [],
  );
});

test('no path of a developer’s machine and no package host is written down', () => {
  const hosts = ['registry.npmjs', 'deb.debian.org', '/work/', '/root/'];
  const pattern = new RegExp(hosts.map((host) => host.replaceAll('.', '\\.')).join('|'));
  assert.deepEqual(placesOf(product, pattern), []);
});
