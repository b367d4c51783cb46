import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readCacheControl, readTargetedControl } from './directives.ts';

test('directives are read in any case, with values as they are or in quotes', () => {
  const said = readCacheControl('Public, MAX-AGE=5 ,\ts-maxage="7",private="X-Name, x-other"');
  assert.ok(said.has('public'));
  assert.equal(said.ms('max-age'), 5_000);
  assert.equal(said.ms('s-maxage'), 7_000);
  assert.deepEqual(said.fields('private'), ['x-name', 'x-other']);
  assert.equal(said.ms('min-fresh'), null);
  assert.equal(said.fields('no-cache'), null);
});

test('what is malformed gives no time, and what stands beside it still counts', () => {
  for (const text of ['max-age = 5', 'max-age=5s', 'max-age=', 'max-age', 'max-age=1.5']) {
    const said = readCacheControl(`${text}, no-store`);
    assert.equal(said.ms('max-age'), 0, text);
    assert.ok(said.has('no-store'), text);
  }
});

test('of several the first counts; about all headers wins over about some', () => {
  assert.equal(readCacheControl('max-age=1, max-age=9').ms('max-age'), 1_000);
  assert.equal(readCacheControl('no-cache="a", no-cache').fields('no-cache'), null);
  assert.deepEqual(readCacheControl('no-cache="a"').fields('no-cache'), ['a']);
});

test('a value may hold commas, quotes and other directives', () => {
  const said = readCacheControl(String.raw`a="no-store, \"max-age=9\"", max-age=3`);
  assert.ok(!said.has('no-store'));
  assert.equal(said.ms('max-age'), 3_000);
});

test('time is linear in the length, whatever is sent', () => {
  for (const piece of ['"', ',', '=', 'a', ' ', 'a="', '\\', 'a=,"']) {
    const text = piece.repeat(50_000);
    const began = performance.now();
    readCacheControl(text);
    assert.ok(performance.now() - began < 1_000, JSON.stringify(piece));
  }
});

test('a targeted field is a dictionary, or counts for nothing', () => {
  assert.equal(readTargetedControl('max-age=60, no-transform')?.ms('max-age'), 60_000);
  assert.equal(readTargetedControl('max-age=60;ext=1')?.ms('max-age'), 60_000);
  assert.equal(readTargetedControl('no-store=?0')?.has('no-store') ?? false, false);
  assert.equal(readTargetedControl('max-age=1.5')?.ms('max-age'), 0);
  for (const text of ['', 'max-age=60,', 'MAX-AGE=60', 'max-age=60 no-store', 'max-age=é']) {
    assert.equal(readTargetedControl(text), null, text);
  }
});
