import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { lineDiff } from './line-diff.ts';

const numbers = Array.from({ length: 30 }, (_, i) => `line ${i + 1}`);

describe('a difference is shown line by line', () => {
  it('is empty for equal texts', () => {
    assert.equal(lineDiff('a\nb\n', 'a\nb\n'), '');
  });

  it('shows what went and what came, with what stands around it', () => {
    const after = numbers.with(14, 'changed');
    assert.equal(
      lineDiff(numbers.join('\n'), after.join('\n')),
      [
        '@ line 12',
        '  line 12',
        '  line 13',
        '  line 14',
        '- line 15',
        '+ changed',
        '  line 16',
        '  line 17',
        '  line 18',
      ].join('\n'),
    );
  });

  it('leaves out what is far from any change', () => {
    const after = ['first', ...numbers, 'last'];
    assert.equal(
      lineDiff(numbers.join('\n'), after.join('\n')),
      [
        '@ line 1',
        '+ first',
        '  line 1',
        '  line 2',
        '  line 3',
        '@ line 28',
        '  line 28',
        '  line 29',
        '  line 30',
        '+ last',
      ].join('\n'),
    );
  });

  it('only counts where there is too much to compare', () => {
    const many = Array.from({ length: 5000 }, (_, i) => `other ${i}`).join('\n');
    assert.match(lineDiff(numbers.join('\n'), many), /30 lines became 5000: too many to show/);
  });
});
