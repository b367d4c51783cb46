import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { codes } from './codes.ts';

const golden = new URL('../golden/', import.meta.url);
const shown = readdirSync(golden)
  .map((name) => readFileSync(new URL(name, golden), 'utf8'))
  .join('\n');

/** Only a reader of files can meet these; its own test does. */
const ofReaders = ['file-unreadable', 'file-too-large'];
/** These are about files of a machine; tests/conformance/check-certificates.test.ts shows them. */
const ofMachines = ['certificate-unusable', 'certificate-uncovered', 'certificate-expired'];
/** A million lines; src/manifest/checks/table-files.test.ts shows it. */
const ofLongFiles = ['table-too-long'];
const notInGolden = new Set([...ofReaders, ...ofMachines, ...ofLongFiles]);

test('every code is explained in whole sentences', () => {
  for (const [code, { explanation }] of Object.entries(codes)) {
    assert.match(explanation, /^[A-Z`].*[.]$/s, code);
  }
});

test('every code is shown by a golden file, with its severity', () => {
  const missing = Object.entries(codes)
    .filter(([code]) => !notInGolden.has(code))
    .filter(([code, { severity }]) => !shown.includes(`\n${severity} ${code}: `));
  assert.deepEqual(missing, []);
});
