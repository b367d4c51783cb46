import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { plainHeadProof } from './plain-head-proof.ts';
import { PlainHeadReader } from './plain-head.ts';

const head = (fields: string, line = 'GET /a HTTP/1.1'): string =>
  `${line}\r\nhost: a.example\r\n${fields}\r\n`;

describe('a plain head', () => {
  const readBy = (reader: PlainHeadReader, text: string) => {
    const bytes = Buffer.from(text, 'latin1');
    return reader.read(bytes, bytes.length);
  };
  const read = (text: string) => readBy(new PlainHeadReader(), text);

  it('is read with its values trimmed, in any case and order', () => {
    assert.deepEqual(read(head('X-A: \t b c \r\nx-empty:\r\n')), {
      method: 'GET',
      target: '/a',
      headers: ['host', 'a.example', 'X-A', 'b c', 'x-empty', ''],
    });
  });

  it('is what its own request says, whatever the one before on the connection said', () => {
    const reader = new PlainHeadReader();
    assert.deepEqual(readBy(reader, head('a: 1\r\n'))?.headers.at(-1), '1');
    assert.deepEqual(readBy(reader, head('a: 2\r\n'))?.headers.at(-1), '2');
    assert.equal(readBy(reader, head('a: 2\r\nupgrade: x\r\n')), null);
    assert.deepEqual(readBy(reader, head('a: 2\r\n', 'HEAD /b HTTP/1.1'))?.method, 'HEAD');
  });

  it('is not said again by one that only ends as it did', () => {
    const reader = new PlainHeadReader();
    assert.equal(readBy(reader, head('a: 1\r\n'))?.headers.length, 4);
    const longer = 'GET /b HTTP/1.1\r\nx: y\r\nhost: a.example\r\na: 1\r\n\r\n';
    assert.deepEqual(readBy(reader, longer)?.headers.slice(0, 2), ['x', 'y']);
    assert.equal(readBy(reader, 'host: a.example\r\na: 1\r\n\r\n'), null);
    assert.equal(
      readBy(reader, 'POST /a HTTP/1.1\r\nx: y\r\nhost: a.example\r\na: 1\r\n\r\n'),
      null,
    );
  });

  it('is no more of the buffer than was said to be its', () => {
    const bytes = Buffer.from(`${head('')}rubbish of the one before`, 'latin1');
    assert.equal(new PlainHeadReader().read(bytes, head('').length)?.target, '/a');
  });

  const handedBack = {
    'another method': head('', 'POST /a HTTP/1.1'),
    'another version': head('', 'GET /a HTTP/1.0'),
    'an absolute target': head('', 'GET http://a/ HTTP/1.1'),
    'two spaces': head('', 'GET  /a HTTP/1.1'),
    'a length': head('content-length: 0\r\n'),
    'a coding': head('Transfer-Encoding: chunked\r\n'),
    'an upgrade': head('connection: upgrade\r\nupgrade: websocket\r\n'),
    'the last of a connection': head('connection: close\r\n'),
    'a bare line feed': 'GET / HTTP/1.1\nhost: a\n\n',
    'a folded line': head('a: b\r\n c\r\n'),
    'a space before the colon': head('a : b\r\n'),
    'a control byte': head('a: b\u0001\r\n'),
    'a byte more': `${head('')}G`,
    'a byte less': head('').slice(0, -1),
    'no field at all': 'GET / HTTP/1.1\r\n\r\n',
    'too many fields': head('a: b\r\n'.repeat(101)),
    'a long target': head('', `GET /${'a'.repeat(9_000)} HTTP/1.1`),
  };
  for (const [what, text] of Object.entries(handedBack)) {
    it(`is none with ${what}`, () => assert.equal(read(text), null));
  }

  it('is read by the code that was proved (mend: npm run prove -- plain-heads)', () => {
    const source = readFileSync(new URL('plain-head.ts', import.meta.url));
    assert.equal(createHash('sha256').update(source).digest('hex'), plainHeadProof.reader);
  });
});
