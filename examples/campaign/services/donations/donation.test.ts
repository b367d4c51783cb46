import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readDonation } from './donation.ts';

const gift = { amount: 2_500, currency: 'USD', name: ' Ada Abara ', email: 'Ada@Example.org' };

test('a gift is read trimmed, its address in lower case, and it is not public unless told', () => {
  assert.deepEqual(readDonation(gift), {
    kind: 'valid',
    value: {
      amountCents: 2_500,
      currency: 'USD',
      name: 'Ada Abara',
      email: 'ada@example.org',
      public: false,
    },
  });
});

test('a gift is of $1 to $3,300, in whole cents', () => {
  for (const amount of [99, 330_001, 25.5, '2500', null, Number.NaN]) {
    const read = readDonation({ ...gift, amount });
    assert.equal(read.kind, 'invalid', String(amount));
    assert.deepEqual(
      read.problems.map(({ field }) => field),
      ['amount'],
    );
  }
  for (const amount of [100, 330_000])
    assert.equal(readDonation({ ...gift, amount }).kind, 'valid');
});

test('names and addresses that no database could keep are refused', () => {
  const nul = String.fromCodePoint(0);
  for (const wrong of [{ name: `Ada${nul}` }, { email: `a${nul}@example.org` }, { name: ' ' }]) {
    assert.equal(readDonation({ ...gift, ...wrong }).kind, 'invalid', JSON.stringify(wrong));
  }
});

test('what is no object is refused as a whole', () => {
  for (const wrong of [null, [], 'gift', 7, undefined]) {
    assert.deepEqual(readDonation(wrong), {
      kind: 'invalid',
      problems: [{ field: '', message: 'Send a JSON object.' }],
    });
  }
});
