import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { NeedStatus } from '../../contract/status.ts';
import { reportedNeeds } from './reported-needs.ts';

const db: NeedStatus = { need: 'db', kind: 'postgres', target: 'donations', state: 'unknown' };
const states = (reports: Parameters<typeof reportedNeeds>[1]): readonly string[] =>
  reportedNeeds([db], reports).map(({ need, state }) => `${need} ${state}`);

test('a need is up when every instance reports and none finds it down', () => {
  assert.deepEqual(states([{ down: [] }, { down: [] }]), ['db up']);
});

test('one instance that finds it down is enough', () => {
  assert.deepEqual(states([{ down: [] }, { down: ['db'] }]), ['db down']);
  assert.deepEqual(states([null, { down: ['db'] }]), ['db down']);
});

test('a need is unknown while an instance reports nothing, or there is none', () => {
  assert.deepEqual(states([{ down: [] }, null]), ['db unknown']);
  assert.deepEqual(states([]), ['db unknown']);
});

test('a lost role is told beside its need', () => {
  assert.deepEqual(states([{ down: ['db.primary'] }]), ['db up', 'db.primary down']);
});
