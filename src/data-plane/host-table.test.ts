import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createHostTable, isCovered } from './host-table.ts';

test('the nearest name wins: itself, then the longest wildcard', () => {
  const table = createHostTable([
    ['*.example.org', 'wide'],
    ['*.donate.example.org', 'near'],
    ['donate.example.org', 'itself'],
    ['donate.example.org', 'late'],
  ]);
  assert.equal(table.find('donate.example.org'), 'itself');
  assert.equal(table.find('a.donate.example.org'), 'near');
  assert.equal(table.find('a.b.donate.example.org'), 'near');
  assert.equal(table.find('events.example.org'), 'wide');
  assert.equal(table.find('example.org'), undefined);
  assert.equal(table.find('notexample.org'), undefined);
  assert.equal(table.find(''), undefined);
});

test('a name is covered by itself and by every wildcard above it', () => {
  assert.ok(isCovered('a.example.org', 'a.example.org'));
  assert.ok(isCovered('a.example.org', '*.example.org'));
  assert.ok(isCovered('*.a.example.org', '*.example.org'));
  assert.ok(!isCovered('example.org', '*.example.org'));
  assert.ok(!isCovered('*.example.org', 'a.example.org'));
});
