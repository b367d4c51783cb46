import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { testSeed } from '../../../tests/support/seed.ts';
import { parseDictionary } from './parse-dictionary.ts';
import type { BareItem, Dictionary, Item, Member } from './structured-field.ts';
import { writeDictionary } from './write-dictionary.ts';

/** Objects as everybody makes them. */
const plain = <T>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<T> =>
  fc.record(model, { noNullPrototype: true });
const letters = (first: string, rest: string): fc.Arbitrary<string> =>
  fc
    .tuple(fc.constantFrom(...first), fc.string({ unit: fc.constantFrom(...rest), maxLength: 8 }))
    .map(([head, tail]) => head + tail);
const key = letters('abz*', 'az09_.*-');
const bare: fc.Arbitrary<BareItem> = fc.oneof(
  plain({
    kind: fc.constant('integer' as const),
    value: fc.integer({ min: -999_999_999_999_999, max: 999_999_999_999_999 }),
  }),
  plain({
    kind: fc.constant('decimal' as const),
    value: fc.integer({ min: -999_999_999, max: 999_999_999 }).map((n) => n / 1_000 + 0),
  }),
  plain({
    kind: fc.constant('string' as const),
    value: fc.string({ unit: fc.constantFrom(...` !"\\#aZ~,;=()`), maxLength: 12 }),
  }),
  plain({ kind: fc.constant('token' as const), value: letters('aZ*', "aZ09!#$%&'*+-.^_`|~:/") }),
  plain({ kind: fc.constant('boolean' as const), value: fc.boolean() }),
  plain({ kind: fc.constant('bytes' as const), value: fc.uint8Array({ maxLength: 12 }) }),
  plain({ kind: fc.constant('date' as const), value: fc.integer() }),
  plain({ kind: fc.constant('display' as const), value: fc.string({ unit: 'grapheme' }) }),
);
const parameters = fc.array(fc.tuple(key, bare), { maxLength: 3 }).map((pairs) => new Map(pairs));
const item: fc.Arbitrary<Item> = fc
  .tuple(bare, parameters)
  .map(([value, own]) => Object.assign({}, value, { parameters: own }));
const member: fc.Arbitrary<Member> = fc.oneof(
  item,
  plain({
    kind: fc.constant('list' as const),
    items: fc.array(item, { maxLength: 3 }),
    parameters,
  }),
);
const dictionary: fc.Arbitrary<Dictionary> = fc
  .array(fc.tuple(key, member), { maxLength: 5 })
  .map((pairs) => new Map(pairs));

describe('a dictionary of RFC 9651', () => {
  it('that was written reads as the same', () => {
    const { seed } = testSeed('structured dictionaries');
    fc.assert(
      fc.property(dictionary, (given) => {
        assert.deepEqual(parseDictionary(writeDictionary(given)), given);
      }),
      { seed, numRuns: 1_000 },
    );
  });

  it('that anybody sends is read or refused, and never breaks the reader', () => {
    const { seed } = testSeed('hostile dictionaries');
    const text = fc.string({ unit: fc.constantFrom(...'ab1=;,"\\()?:@%. \t-é'), maxLength: 40 });
    fc.assert(
      fc.property(text, (sent) => {
        const read = parseDictionary(sent);
        // What is read has one form, and that form is a fixed point.
        if (read !== null) assert.deepEqual(parseDictionary(writeDictionary(read)), read);
      }),
      { seed, numRuns: 2_000 },
    );
  });

  it('is written in its one form', () => {
    const read = parseDictionary('  a ,\tb="x \\"y\\"" ; n = 1');
    assert.equal(read, null, 'spaces around = are no part of it');
    const given = parseDictionary('a;x=?1, b=1.50;t=@7,c=( 1   "z";q ),a=:aGk=:');
    assert.ok(given);
    assert.equal(writeDictionary(given), 'b=1.5;t=@7, c=(1 "z";q), a=:aGk=:');
  });

  it('is refused as a whole where any of it is malformed', () => {
    for (const text of [
      'a=1,',
      'a=1,,b',
      'A=1',
      'a=',
      'a="x',
      'a="\\x"',
      'a=1.',
      'a=1.2345',
      'a=1234567890123456',
      'a=-',
      'a=?2',
      'a=:*:',
      'a=:aGk',
      'a=@1.5',
      'a=%"%C3"',
      'a=%"%c3"',
      'a=(1',
      'a=(1"x")',
      'a b',
      'a=1;',
      'a=1 2',
      'a="é"',
    ]) {
      assert.equal(parseDictionary(text), null, text);
    }
  });

  it('refuses to say what its types cannot', () => {
    const one = (value: BareItem): string =>
      writeDictionary(new Map([['a', { ...value, parameters: new Map() }]]));
    assert.throws(() => one({ kind: 'token', value: 'a b' }), RangeError);
    assert.throws(() => one({ kind: 'string', value: 'a\r\nb' }), RangeError);
    assert.throws(() => one({ kind: 'integer', value: 1e15 }), RangeError);
    assert.throws(() => one({ kind: 'integer', value: 0.5 }), RangeError);
    assert.throws(() => one({ kind: 'decimal', value: 1e12 }), RangeError);
    assert.throws(() =>
      writeDictionary(new Map([['A', { kind: 'list', items: [], parameters: new Map() }]])),
    );
    assert.equal(one({ kind: 'decimal', value: 0.0625 }), 'a=0.062');
  });
});
