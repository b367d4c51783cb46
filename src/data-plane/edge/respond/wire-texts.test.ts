import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Answer, WireMemo, type WireText } from '../../exchange.ts';
import { WireTexts } from './wire-texts.ts';

const body = Buffer.from('four');
const answer: Answer = { status: 200, headers: ['etag', '"1"'], body };

function textOf(of: Answer, head = 'head'): WireText {
  return { of, head, hasDate: false, front: null };
}

describe('how an answer looks on the wire', () => {
  test('is made once for the very same status, headers and body', () => {
    const texts = new WireTexts();
    const memo = new WireMemo();
    const first = texts.of(answer, memo, () => textOf(answer));
    const again = { ...answer, more: ['age', '3'] };
    assert.equal(
      texts.of(again, memo, () => assert.fail('it was made before')),
      first,
    );
  });

  for (const [what, other] of Object.entries({
    status: { ...answer, status: 203 },
    reason: { ...answer, reason: 'Fine' },
    headers: { ...answer, headers: ['etag', '"1"'] },
    body: { ...answer, body: Buffer.from('four') },
  })) {
    test(`is made anew where the ${what} is another, be it equal`, () => {
      const texts = new WireTexts();
      const memo = new WireMemo();
      texts.of(answer, memo, () => textOf(answer));
      assert.equal(texts.of(other, memo, () => textOf(other, 'other')).head, 'other');
      assert.equal(memo.text?.of, other);
    });
  }

  test('is forgotten with all others where they are too much', () => {
    const texts = new WireTexts(20);
    const memos = [1, 2, 3].map(() => new WireMemo());
    for (const memo of memos) texts.of(answer, memo, () => textOf(answer));
    assert.deepEqual(
      memos.map(({ text }) => text === null),
      [true, true, false],
    );
  });
});
