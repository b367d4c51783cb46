import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { testSeed } from '../../../../tests/support/seed.ts';
import { ResponseParser } from './response-parser.ts';

interface Heard {
  readonly informational: number[];
  status: number;
  headers: readonly string[];
  report: string | null;
  body: string;
  trailers: readonly string[] | null;
  switched: string | null;
  fault: string | null;
}

/** Reads `text` in the given pieces, then the end of the connection. */
function read(text: string, method = 'GET', cuts: readonly number[] = []): Heard {
  const heard: Heard = {
    informational: [],
    status: 0,
    headers: [],
    report: null,
    body: '',
    trailers: null,
    switched: null,
    fault: null,
  };
  const parser = new ResponseParser({
    informational: (head) => void heard.informational.push(head.status),
    head: (head) => {
      heard.status = head.status;
      heard.headers = head.headers;
      heard.report = head.report;
    },
    body: (chunk) => {
      heard.body += chunk.toString('latin1');
    },
    end: (trailers) => {
      heard.trailers = trailers;
    },
    switched: (_head, rest) => {
      heard.switched = rest.toString('latin1');
    },
  });
  parser.expect(method);
  const bytes = Buffer.from(text, 'latin1');
  const edges = [0, ...[...cuts].sort((a, b) => a - b), bytes.length];
  for (let i = 1; i < edges.length && heard.fault === null; i++) {
    const piece = bytes.subarray(edges[i - 1], edges[i]);
    // As the connection does: a larger buffer whose first bytes count.
    const buffer = Buffer.concat([piece, Buffer.from('\r\n\r\nstale')]);
    heard.fault = parser.read(buffer, piece.length);
  }
  heard.fault ??= parser.finish();
  return heard;
}

const answers: readonly string[] = [
  'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-A: b\r\n\r\nhello',
  'HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\n' +
    'Transfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\nA\r\n0123456789\r\n0\r\n' +
    'X-Sum: 7\r\n\r\n',
  'HTTP/1.1 200 OK\r\n\r\nuntil the end\r\n\r\nof it',
  'HTTP/1.0 404 Not Found\r\nSet-Cookie: a\r\nSet-Cookie: b\r\nContent-Length: 0\r\n\r\n',
  'HTTP/1.1 204 No Content\r\n\r\n',
];

describe('an answer is the same in whatever pieces it comes', () => {
  for (const answer of answers) {
    it(JSON.stringify(answer.slice(0, 60)), () => {
      const { seed } = testSeed('pieces');
      const whole = read(answer);
      assert.equal(whole.fault, null);
      assert.notEqual(whole.trailers, null);
      const everyByte = Array.from({ length: answer.length - 1 }, (_, i) => i + 1);
      assert.deepEqual(read(answer, 'GET', everyByte), whole);
      const cuts = fc.uniqueArray(fc.integer({ min: 1, max: answer.length - 1 }));
      fc.assert(
        fc.property(cuts, (cuts) => assert.deepEqual(read(answer, 'GET', cuts), whole)),
        { seed },
      );
    });
  }
});

describe('an answer cut anywhere is known to be cut', () => {
  for (const answer of answers.slice(0, 2)) {
    it(JSON.stringify(answer.slice(0, 60)), () => {
      for (let end = 1; end < answer.length; end++) {
        assert.notEqual(read(answer.slice(0, end)).fault, null, `cut at ${end}`);
      }
    });
  }
});

const refused: readonly (readonly [what: string, answer: string])[] = [
  ['a lone LF', 'HTTP/1.1 200 OK\nContent-Length: 0\n\n'],
  ['a lone LF in a head that is not complete', 'HTTP/1.1 200 OK\nX'],
  ['a lone CR', 'HTTP/1.1 200 OK\r\nX-A: a\rb\r\n\r\n'],
  ['NUL', 'HTTP/1.1 200 OK\r\nX-A: a\0b\r\n\r\n'],
  ['a folded line', 'HTTP/1.1 200 OK\r\nX-A: a\r\n b\r\n\r\n'],
  ['a space before the colon', 'HTTP/1.1 200 OK\r\nX-A : b\r\n\r\n'],
  ['a line without colon', 'HTTP/1.1 200 OK\r\nX-A\r\n\r\n'],
  ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n'],
  ['a signed length', 'HTTP/1.1 200 OK\r\nContent-Length: +1\r\n\r\na'],
  ['a list of lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 1, 1\r\n\r\na'],
  ['both framings', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n'],
  [
    'two codings',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n',
  ],
  ['gzip, chunked', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n'],
  ['chunked in HTTP/1.0', 'HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
  ['HTTP/2 as text', 'HTTP/2.0 200 OK\r\n\r\n'],
  ['a status of two digits', 'HTTP/1.1 20 OK\r\n\r\n'],
  ['bytes after the answer', 'HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 200 OK\r\n\r\n'],
  ['a chunk size in words', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n'],
  [
    'a chunk longer than it said',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n',
  ],
  ['a lone LF after a chunk size', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\na\r\n'],
  ['an endless head', `HTTP/1.1 200 OK\r\nX: ${'a'.repeat(40_000)}`],
  [
    'an endless chunk size',
    `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${'0'.repeat(9_000)}`,
  ],
];

describe('an answer that can be read in two ways is not read at all', () => {
  for (const [what, answer] of refused) {
    it(what, () => assert.notEqual(read(answer).fault, null));
  }
});

describe('framing follows RFC 9112, section 6.3', () => {
  it('HEAD has no body, whatever its length says, and says the length', () => {
    const heard = read('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n', 'HEAD');
    assert.equal(heard.fault, null);
    assert.deepEqual(heard.headers, ['content-length', '10']);
  });

  it('204 never says a length', () => {
    const heard = read('HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n');
    assert.deepEqual([heard.fault, heard.headers], [null, []]);
  });

  it('101 hands over what comes after it', () => {
    const heard = read('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\nhello');
    assert.equal(heard.switched, 'hello');
  });

  it('takes out what speaks of one connection and what is only ours to say', () => {
    const heard = read(
      'HTTP/1.1 200 OK\r\nConnection: X-Hop\r\nX-Hop: 1\r\nKeep-Alive: timeout=5\r\n' +
        'X-Turnout-A: 1\r\nX-End: 1\r\nContent-Length: 0\r\n\r\n',
    );
    assert.deepEqual(heard.headers, ['x-end', '1', 'content-length', '0']);
  });

  it('takes the report of needs out of the headers, and keeps it for the gateway', () => {
    const heard = read(
      'HTTP/1.1 200 OK\r\nService-Health: db=down\r\nService-Health: mail=down\r\n' +
        'X-End: 1\r\nContent-Length: 0\r\n\r\n',
    );
    assert.deepEqual(heard.headers, ['x-end', '1', 'content-length', '0']);
    assert.equal(heard.report, 'db=down, mail=down');
  });
});
