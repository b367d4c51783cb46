import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readSearch } from './search.ts';

const search = (query: string) => readSearch(new URLSearchParams(query));

test('nothing asked is everything, from the first page', () => {
  assert.deepEqual(search(''), {
    kind: 'valid',
    value: { county: null, kind: null, date: null, page: 1 },
  });
});

test('a field left empty in a form asks for nothing', () => {
  assert.deepEqual(search('county=&kind=&date='), search(''));
});

test('county, kind, date and page are read together', () => {
  assert.deepEqual(search('county=ashby&kind=canvass&date=2028-02-29&page=3'), {
    kind: 'valid',
    value: { county: 'ashby', kind: 'canvass', date: '2028-02-29', page: 3 },
  });
});

test('everything that is wrong is said at once', () => {
  const read = search('county=atlantis&kind=gala&date=2026-02-30&page=0');
  assert.equal(read.kind, 'invalid');
  assert.deepEqual(
    read.problems.map(({ field }) => field),
    ['county', 'kind', 'date', 'page'],
  );
});
