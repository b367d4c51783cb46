import assert from 'node:assert/strict';
import { converse, RawClient, statusOf } from '../../support/raw-http.ts';
import type { Trap } from './trap.ts';

const answered = (text: string): boolean => /^HTTP\/1\.[01] [2-5]/.test(text);

/** Sends it; the proxy must refuse, and the origin must never hear the word `smuggled`. */
function refuses(request: string, statuses: readonly number[] = [400]): Trap['run'] {
  return async (port, origin) => {
    const said = await converse(port, request, answered, 1_000);
    assert.ok(
      statuses.includes(statusOf(said.text)),
      `answered ${statusOf(said.text)}: ${said.text.slice(0, 200)} (${said.ending})`,
    );
    assert.doesNotMatch(origin.heard, /smuggled/);
  };
}

/** Requests that two parsers could read in two ways, or that no client means. */
export const requestTraps: readonly Trap[] = [
  {
    claim: 'refuses two Host headers',
    run: refuses('GET / HTTP/1.1\r\nHost: site.example\r\nHost: smuggled\r\n\r\n'),
    catches: 'naive',
  },
  {
    claim: 'refuses a missing Host in HTTP/1.1 with a problem',
    run: async (port) => {
      const said = await converse(port, 'GET / HTTP/1.1\r\n\r\n', answered);
      assert.equal(statusOf(said.text), 400);
      assert.match(said.text, /application\/problem\+json/);
    },
    catches: 'naive',
  },
  {
    claim: 'answers a request with bare LF instead of waiting for more',
    run: refuses('GET / HTTP/1.1\nHost: smuggled\n\n', [400, 505]),
    catches: { naiver: 'Node 26 answers 400 to a bare LF in a head.' },
  },
  {
    claim: 'refuses Transfer-Encoding together with Content-Length',
    run: refuses(
      'POST / HTTP/1.1\r\nHost: site.example\r\nContent-Length: 8\r\n' +
        'Transfer-Encoding: chunked\r\n\r\n0\r\n\r\nsmuggled',
    ),
    catches: { naiver: 'Node 26 answers 400 to both together.' },
  },
  {
    claim: 'refuses an empty element in Transfer-Encoding',
    run: refuses(
      'POST / HTTP/1.1\r\nHost: site.example\r\nTransfer-Encoding: , chunked\r\n\r\n' +
        '8\r\nsmuggled\r\n0\r\n\r\n',
    ),
    catches: 'naive',
  },
  {
    claim: 'refuses codings that only look like chunked',
    run: refuses(
      'POST / HTTP/1.1\r\nHost: site.example\r\nTransfer-Encoding: xchunked\r\n\r\n' +
        '8\r\nsmuggled\r\n0\r\n\r\n',
    ),
    catches: { naiver: 'Node 26 answers 400 to a final coding that is not chunked.' },
  },
  {
    claim: 'refuses gzip, chunked rather than forward what it did not read',
    run: refuses(
      'POST / HTTP/1.1\r\nHost: site.example\r\n' +
        'Transfer-Encoding: gzip, chunked\r\n\r\n8\r\nsmuggled\r\n0\r\n\r\n',
      [501],
    ),
    catches: 'naive',
  },
  {
    claim: 'refuses two Content-Lengths, even equal ones',
    run: refuses(
      'POST / HTTP/1.1\r\nHost: site.example\r\nContent-Length: 8\r\n' +
        'Content-Length: 8\r\n\r\nsmuggled',
    ),
    catches: { naiver: 'Node 26 answers 400 to a second Content-Length.' },
  },
  {
    claim: 'refuses a Content-Length with a sign',
    run: refuses('POST / HTTP/1.1\r\nHost: site.example\r\nContent-Length: +8\r\n\r\nsmuggled'),
    catches: { naiver: 'Node 26 answers 400.' },
  },
  {
    claim: 'refuses versions that do not exist',
    run: refuses('GET /smuggled HTTP/9.9\r\nHost: site.example\r\n\r\n', [400, 505]),
    catches: { naiver: 'Node 26 answers 400 to HTTP/9.9.' },
  },
  {
    claim: 'refuses HTTP/2.0 spoken as text',
    run: refuses('GET /smuggled HTTP/2.0\r\nHost: site.example\r\n\r\n', [400, 505]),
    catches: 'naive',
  },
  {
    claim: 'refuses a request line without a version',
    run: refuses('GET /smuggled\r\nHost: site.example\r\n\r\n', [400, 505]),
    catches: { naiver: 'Node 26 answers 400.' },
  },
  {
    claim: 'refuses control bytes in header values',
    run: refuses('GET / HTTP/1.1\r\nHost: site.example\r\nX-A: a\u0001smuggled\r\n\r\n'),
    catches: { naiver: 'Node 26 answers 400 to control bytes in values.' },
  },
  {
    claim: 'refuses folded header lines',
    run: refuses('GET / HTTP/1.1\r\nHost: site.example\r\nX-A: a\r\n smuggled\r\n\r\n'),
    catches: { naiver: 'Node 26 answers 400 to folded lines.' },
  },
  {
    claim: 'refuses a space before the colon',
    run: refuses('GET / HTTP/1.1\r\nHost: site.example\r\nX-A : smuggled\r\n\r\n'),
    catches: { naiver: 'Node 26 answers 400.' },
  },
  {
    claim: 'passes on Host without a tab that stood before its value',
    run: async (port, origin) => {
      const said = await converse(port, 'GET / HTTP/1.1\r\nHost:\tsite.example\r\n\r\n', answered);
      if (statusOf(said.text) === 400) return;
      assert.match(origin.heard, /\r\nhost: site\.example\r\n/i);
    },
    catches: { naiver: 'Node 26 takes the tab for white space, and writes Host anew.' },
  },
  ...['zz', '0x2', '-1', '+2', '2 2', '', '2\n'].map((size): Trap => ({
    claim: `stops at the malformed chunk size ${JSON.stringify(size)}`,
    run: async (port, origin) => {
      const head = 'POST / HTTP/1.1\r\nHost: site.example\r\nTransfer-Encoding: chunked\r\n\r\n';
      const said = await converse(port, `${head}${size}\r\nok\r\n0\r\n\r\n`, answered, 1_000);
      const status = statusOf(said.text);
      assert.ok(status === 400 || said.ending !== 'silent', `${status} ${said.ending}`);
      assert.notEqual(status, 200);
      assert.doesNotMatch(origin.heard, /\r\n0\r\n\r\n$/);
    },
    catches: { naiver: 'Node 26 answers 400 to malformed chunk sizes.' },
  })),
  {
    claim: 'refuses a target in absolute form whose host is not the one in Host',
    run: refuses('GET http://site.example/a HTTP/1.1\r\nHost: smuggled\r\n\r\n'),
    catches: 'naive',
  },
  {
    claim: 'bounds the time that a head may take',
    run: async (port) => {
      const client = new RawClient(port).send('GET / HTTP/1.1\r\nHost: site.example\r\n');
      const drip = setInterval(() => client.send('X-A: a\r\n'), 100);
      const said = await client.toEnd(2_500);
      clearInterval(drip);
      client.destroy();
      assert.notEqual(said.ending, 'silent');
    },
    catches: 'naive',
  },
  {
    claim: 'bounds the size of a head',
    run: async (port) => {
      const request = `GET / HTTP/1.1\r\nHost: site.example\r\nX-A: ${'a'.repeat(70_000)}\r\n\r\n`;
      const said = await converse(port, request, answered);
      assert.equal(statusOf(said.text), 431);
    },
    catches: { naiver: 'Node 26 answers 431 beyond 16 KiB.' },
  },
];
