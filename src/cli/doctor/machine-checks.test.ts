import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { findingsAtStart, machineChecks } from './machine-checks.ts';
import { readMachineFacts } from './machine-facts.ts';
import type { MachineFacts } from './machine-facts.ts';

const room = { freeBytes: 50e9, freeInodes: 1e6, inodes: 2e6 };
const good: MachineFacts = {
  nodeVersion: '26.10.0',
  softFiles: 1_024,
  hardFiles: 1_048_576,
  disk: room,
  sharedMemory: { ...room, freeBytes: 64e6 },
  availableMemoryBytes: 4e9,
  somaxconn: 4_096,
  migratesRequests: true,
};

function verdicts(facts: MachineFacts): readonly string[] {
  return machineChecks.flatMap(({ name, look }) =>
    look(facts)
      .filter(({ verdict }) => verdict !== 'well')
      .map(({ verdict, remedy }) => `${name}: ${verdict}${remedy === null ? ', no remedy' : ''}`),
  );
}

describe('a machine', () => {
  test('with room for everything has nothing wrong', () => {
    assert.deepEqual(verdicts(good), []);
    assert.deepEqual(findingsAtStart(good), []);
  });

  const troubles: readonly (readonly [string, Partial<MachineFacts>, readonly string[]])[] = [
    ['an old Node.js', { nodeVersion: '20.1.0' }, ['Node.js: wrong']],
    ['few open files', { hardFiles: 4_095 }, ['open files: wrong']],
    ['not many open files', { hardFiles: 20_000 }, ['open files: warning']],
    ['a full disk', { disk: { ...room, freeBytes: 1e8 } }, ['disk: wrong']],
    ['a disk that gets full', { disk: { ...room, freeBytes: 1e9 } }, ['disk: warning']],
    ['no inodes left', { disk: { ...room, freeInodes: 5 } }, ['disk: wrong']],
    ['little memory', { availableMemoryBytes: 1e8 }, ['memory: warning']],
    ['no shared memory', { sharedMemory: null }, ['shared memory: warning']],
    [
      'little shared memory',
      { sharedMemory: { ...room, freeBytes: 1e6 } },
      ['shared memory: wrong'],
    ],
    ['a short queue', { somaxconn: 128 }, ['waiting connections: warning']],
    ['no migration', { migratesRequests: false }, ['connections of a worker that goes: warning']],
  ];
  for (const [what, facts, expected] of troubles) {
    test(`with ${what} is told so, with a remedy`, () => {
      assert.deepEqual(verdicts({ ...good, ...facts }), expected);
    });
  }

  test('without room for many files is told at the start, by name', () => {
    assert.deepEqual(
      findingsAtStart({ ...good, hardFiles: 100 }).map((line) => line.slice(0, 32)),
      ['warning: open files: 1024 now, a', '      remedy: Raise it to 65536 '],
    );
  });

  test('that counts no inodes, or says nothing, is not accused', () => {
    const silent: MachineFacts = {
      ...good,
      disk: { ...room, freeInodes: 0, inodes: 0 },
      hardFiles: null,
      availableMemoryBytes: null,
      somaxconn: null,
      migratesRequests: null,
    };
    assert.deepEqual(verdicts(silent), []);
  });

  test('like this one can be read', () => {
    const facts = readMachineFacts('/nowhere/at/all');
    assert.equal(facts.nodeVersion, process.versions.node);
    assert.ok((facts.hardFiles ?? 0) > 0 && (facts.disk?.freeBytes ?? 0) > 0);
    assert.ok((facts.availableMemoryBytes ?? 0) > 0);
  });
});
