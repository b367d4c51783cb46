import assert from 'node:assert/strict';
import { converse, finalStatusOf, RawClient, statusOf } from '../../support/raw-http.ts';
import { answering, get, shortAnswer, type Trap } from './trap.ts';

const complete = (text: string): boolean => /\r\n\r\n[^]*(?:ok|\}\n|\r\n0\r\n\r\n)$/.test(text);

/** A malformed answer must end as 502, soon, or as a connection that is visibly cut. */
function refusesAnswer(answer: string, catches: Trap['catches'], claim: string): Trap {
  return {
    claim,
    origin: (socket, heard) => {
      if (heard.endsWith('\r\n\r\n')) socket.write(answer, 'latin1');
    },
    run: async (port) => {
      const said = await converse(port, get, complete, 1_500);
      assert.equal(finalStatusOf(said.text), 502, said.text.slice(0, 120));
    },
    catches,
  };
}

/**
 * An answer that breaks off must never look whole: no last chunk, no orderly end where that means
 * complete.
 */
function seemsWhole(said: { text: string; ending: string }): boolean {
  if (/transfer-encoding: chunked/i.test(said.text)) return said.text.endsWith('0\r\n\r\n');
  const length = /content-length: ([0-9]+)/i.exec(said.text)?.[1];
  const body = said.text.slice(said.text.indexOf('\r\n\r\n') + 4);
  if (length !== undefined) return body.length >= Number(length);
  return said.ending === 'closed';
}

function breaksOff(claim: string, begin: string, end: 'destroy' | 'reset' | string): Trap {
  return {
    claim,
    origin: (socket, heard) => {
      if (!heard.endsWith('\r\n\r\n')) return;
      socket.write(begin, 'latin1', () => {
        setTimeout(() => {
          if (end === 'destroy') socket.destroy();
          else if (end === 'reset') socket.resetAndDestroy();
          else socket.write(end, 'latin1');
        }, 30);
      });
    },
    run: async (port) => {
      const client = new RawClient(port).send(get);
      const said = await client.toEnd(1_500);
      client.destroy();
      assert.equal(statusOf(said.text), 200);
      assert.notEqual(said.ending, 'silent', 'left hanging');
      assert.equal(seemsWhole(said), false, 'looks whole');
    },
    catches: 'naive',
  };
}

/** What services do to proxies. */
export const answerTraps: readonly Trap[] = [
  refusesAnswer(
    'HTTP/1.1 200 OK\nContent-Length: 2\n\nok',
    'naive',
    'does not hang on an answer with bare LF',
  ),
  refusesAnswer(
    'HTTP/1.1 200 OK\r\nX-A: a\u0001b\r\nContent-Length: 2\r\n\r\nok',
    'naive',
    'does not pass on control bytes in an answer',
  ),
  refusesAnswer(
    'HTTP/1.1 200 OK\r\nX-A: a\r\n b\r\nContent-Length: 2\r\n\r\nok',
    'naive',
    'does not pass on folded lines in an answer',
  ),
  refusesAnswer(
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n2\r\n' +
      'ok\r\n0\r\n\r\n',
    'naive',
    'refuses an answer with two lengths',
  ),
  refusesAnswer(
    'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok',
    'naive',
    'refuses an answer with two Content-Lengths',
  ),
  refusesAnswer(
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: , chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n',
    'naive',
    'refuses an answer in a coding it does not know',
  ),
  refusesAnswer(
    'HTTP/9.9 200 OK\r\nContent-Length: 2\r\n\r\nok',
    'naive',
    'refuses an answer in a version that does not exist',
  ),
  refusesAnswer(
    `HTTP/1.1 200 OK\r\nX-A: ${'a'.repeat(70_000)}\r\nContent-Length: 2\r\n\r\nok`,
    'naive',
    'bounds the head of an answer',
  ),
  refusesAnswer(
    `${'HTTP/1.1 102 Processing\r\n\r\n'.repeat(50)}`,
    'naive',
    'bounds informational answers',
  ),
  refusesAnswer(
    'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\nok',
    'naive',
    'refuses to switch protocols when nobody asked',
  ),
  breaksOff(
    'cuts the client off when a chunked answer breaks off',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n',
    'destroy',
  ),
  breaksOff(
    'cuts the client off when a chunk size is malformed',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n',
    'zz\r\nok\r\n0\r\n\r\n',
  ),
  breaksOff(
    'cuts the client off when a chunk is longer than it said',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n',
    '2\r\nokok\r\n0\r\n\r\n',
  ),
  breaksOff(
    'cuts the client off when an answer is shorter than it said',
    'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nok',
    'destroy',
  ),
  breaksOff(
    'cuts the client off when an answer without a length is reset',
    'HTTP/1.1 200 OK\r\n\r\nok',
    'reset',
  ),
  {
    claim: 'passes 103 on and waits for the answer itself',
    origin: answering(
      `HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n${shortAnswer}`,
    ),
    run: async (port) => {
      const said = await converse(port, get, complete);
      assert.match(
        said.text,
        /^HTTP\/1\.1 103 [^]*link: <\/a\.css>; rel=preload\r\n[^]*HTTP\/1\.1 200 OK\r\n/i,
      );
    },
    catches: 'naive',
  },
  {
    claim: 'takes an unasked 100 for no answer, and keeps it to itself',
    origin: answering(`HTTP/1.1 100 Continue\r\n\r\n${shortAnswer}`),
    run: async (port) => {
      const said = await converse(port, get, complete);
      assert.equal(statusOf(said.text), 200);
    },
    catches: { naiver: 'Node 26 handles 100 inside its client.' },
  },
  {
    claim: 'says 100 only when the service says it',
    origin: (socket, heard) => {
      if (heard.endsWith('\r\n\r\n'))
        socket.end('HTTP/1.1 417 Expectation Failed\r\nContent-Length: 2\r\n\r\nok');
    },
    run: async (port) => {
      const head =
        'POST / HTTP/1.1\r\nHost: site.example\r\nContent-Length: 5\r\n' +
        'Expect: 100-continue\r\n\r\n';
      const said = await converse(port, head, complete);
      assert.equal(statusOf(said.text), 417);
    },
    catches: 'naive',
  },
  {
    claim: 'carries a body that waited for the 100 of the service',
    origin: (socket, heard) => {
      if (heard.endsWith('\r\n\r\n')) socket.write('HTTP/1.1 100 Continue\r\n\r\n');
      if (heard.endsWith('\r\n\r\nhello')) socket.write(shortAnswer);
    },
    run: async (port) => {
      const client = new RawClient(port);
      client.send(
        'POST / HTTP/1.1\r\nHost: site.example\r\nContent-Length: 5\r\n' +
          'Expect: 100-continue\r\n\r\n',
      );
      const first = await client.until((text) => text.endsWith('\r\n\r\n'), 1_000);
      assert.equal(statusOf(first.text), 100);
      const said = await client.send('hello').until(complete);
      client.destroy();
      assert.match(said.text, /^HTTP\/1\.1 100 [^]*HTTP\/1\.1 200 OK\r\n/);
    },
    catches: { naiver: 'Node 26 says 100 by itself, too early but to the same effect.' },
  },
  {
    claim: 'does not give bytes that follow an answer to the next request',
    origin: (socket, heard) => {
      if (heard.endsWith('\r\n\r\n'))
        socket.write(`${shortAnswer}HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nsmuggled`);
    },
    run: async (port) => {
      const client = new RawClient(port);
      await client.send(get).until(complete);
      await client.send(get).until((text) => text.split('HTTP/1.1 200').length > 2);
      client.destroy();
      assert.match(client.text, /^HTTP\/1\.1 200 /);
      assert.doesNotMatch(client.text, /smuggled/);
    },
    catches: { naiver: 'Node 26 closes a connection with bytes that nobody asked for.' },
  },
  {
    claim: 'answers 504 when the service does not answer in time',
    origin: () => undefined,
    run: async (port) => {
      const said = await converse(port, get, complete, 2_000);
      assert.equal(statusOf(said.text), 504);
    },
    catches: 'naive',
  },
  {
    claim: 'takes the length that HEAD names for no body',
    origin: answering('HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n'),
    run: async (port) => {
      const said = await converse(
        port,
        get.replace('GET', 'HEAD'),
        (text) => text.endsWith('\r\n\r\n'),
        1_000,
      );
      assert.match(said.text, /^HTTP\/1\.1 200 [^]*content-length: 1000\r\n/i);
    },
    catches: { naiver: 'Node 26 knows that HEAD has no body.' },
  },
];
