import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readHttpDate } from './http-date.ts';

const moment = Date.UTC(1994, 10, 6, 8, 49, 37);

test('the three forms of a date are read', () => {
  assert.equal(readHttpDate('Sun, 06 Nov 1994 08:49:37 GMT'), moment);
  assert.equal(readHttpDate('Sunday, 06-Nov-94 08:49:37 GMT'), moment);
  assert.equal(readHttpDate('Sun Nov  6 08:49:37 1994'), moment);
});

test('a year of two digits lies within 50 years', () => {
  const soon = (new Date().getUTCFullYear() + 10) % 100;
  const text = `Sunday, 06-Nov-${String(soon).padStart(2, '0')} 08:49:37 GMT`;
  const year = new Date(readHttpDate(text) ?? 0).getUTCFullYear();
  assert.equal(year, new Date().getUTCFullYear() + 10);
});

test('whatever else it says is no date', () => {
  for (const text of [
    '',
    '0',
    '-1',
    'tomorrow',
    '1994-11-06T08:49:37Z',
    'Sun, 06 Nov 1994 08:49:37',
    'Sun, 06 Nov 1994 08:49:37 UTC',
    'Sun, 06 Nov 1994 08:49:37 +0100',
    'Sun, 6 Nov 1994 08:49:37 GMT',
    'Sun, 31 Feb 1994 08:49:37 GMT',
    'Sun, 00 Nov 1994 08:49:37 GMT',
    'Sun, 06 Nov 1994 24:49:37 GMT',
    'Sun, 06 Nov 1994 08:60:37 GMT',
    'sun, 06 nov 1994 08:49:37 gmt',
    'Sun, 06 Nov 1994 08:49:37 GMT, Sun, 06 Nov 1994 08:49:37 GMT',
  ]) {
    assert.equal(readHttpDate(text), null, text);
  }
});
