import assert from 'node:assert/strict';
import { readCaseFiles } from './case-files.ts';

/** One conversation of the corpus: bytes, and what must become of them. */
export interface CorpusCase {
  readonly group: string;
  readonly name: string;
  /** The section that says so, or a reason in words. */
  readonly source: string;
  /** As latin1; several are sent one after the other, once the one before is in. */
  readonly sends: readonly string[];
  /** The client ends its half when all is sent. */
  readonly endsHalf: boolean;
  /** Statuses of all answers but 1xx, in order. */
  readonly answers: readonly number[];
  readonly ending: 'open' | 'closed';
  /** What the origin gets to see, without the lines that every gateway adds; '' for nothing. */
  readonly origin: string;
}

const folder = new URL('../conformance/requests/', import.meta.url);
const keys = ['send', 'ends-half', 'answers', 'then', 'origin'];

/** All cases of `tests/conformance/requests/*.txt`. */
export function readCorpus(): CorpusCase[] {
  return readCaseFiles(folder, keys).map(({ group, name, one, all }) => {
    const ending = one('then');
    assert.ok(ending === 'open' || ending === 'closed', `${group}, ${name}: then what?`);
    return {
      group,
      name,
      source: one('by'),
      sends: all('send'),
      endsHalf: one('ends-half') === 'yes',
      answers: one('answers').split(' ').filter(Boolean).map(Number),
      ending,
      origin: one('origin'),
    };
  });
}
