import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { compileQuery } from './tidy-query.ts';

const nothing = { allow: null, drop: [], sort: false };

describe('the query of a route', () => {
  test('stays as it is where nothing is said of it but its order', () => {
    const tidy = compileQuery({ ...nothing, sort: true });
    assert.equal(tidy(null), null);
    assert.equal(tidy('a=1&b=2'), 'a=1&b=2');
    assert.equal(tidy('b=2&a=1'), 'a=1&b=2');
  });

  test('keeps the order of those of one name', () => {
    assert.equal(compileQuery({ ...nothing, sort: true })('z=0&a=2&a=1'), 'a=2&a=1&z=0');
  });

  test('loses what is dropped, by name or by beginning', () => {
    const tidy = compileQuery({ ...nothing, drop: ['gclid', 'utm_*'] });
    assert.equal(tidy('utm_source=x&zip=1&gclid=y'), 'zip=1');
    assert.equal(tidy('utm_source=x'), null);
    assert.equal(tidy('utmost=1'), 'utmost=1');
  });

  test('keeps only what is allowed', () => {
    const tidy = compileQuery({ ...nothing, allow: ['zip', 'page'] });
    assert.equal(tidy('a=1&page=2&zip=3&b'), 'page=2&zip=3');
  });

  test('is read as services read it: an encoded name is that name', () => {
    const tidy = compileQuery({ ...nothing, drop: ['utm_*', 'a b'] });
    assert.equal(tidy('ut%6D_source=x&a+b=1&a%20b=2&c=%2B'), 'c=%2B');
    assert.equal(tidy('%ff=1'), '%ff=1');
  });

  test('loses what is between two & with nothing in it', () => {
    assert.equal(compileQuery(nothing)('a=1&&b=2&'), 'a=1&b=2');
    assert.equal(compileQuery(nothing)('&'), null);
    assert.equal(compileQuery(nothing)(''), '');
  });
});
