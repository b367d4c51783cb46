import { headerName } from '../admit/header-names.ts';

/** A request that ends with its head. */
export interface PlainHead {
  readonly method: 'GET' | 'HEAD';
  /** As received: begins with `/`, and holds nothing but visible ASCII. */
  readonly target: string;
  /** Flat, names in any case, values without the white space around them. */
  readonly headers: readonly string[];
}

const VERSION = ' HTTP/1.1\r\n';
const MAX_LINE = 8 * 1024;
const MAX_FIELDS = 100;

/** Method, target, version (RFC 9112, section 3); no two parts match the same byte. */
const requestLine = /^(?:GET|HEAD) \/[!-~]* HTTP\/1\.1\r\n/;
/** The same, and nothing behind it. */
const onlyRequestLine = /^(?:GET|HEAD) \/[!-~]* HTTP\/1\.1\r\n$/;
/** Fields of a name, a colon and a value each, an empty line, and nothing else (section 5). */
const fieldLines = /^(?:[!#$%&'*+.^_`|~0-9A-Za-z-]+:[\t\x20-\x7e\x80-\xff]*\r\n)+\r\n$/;

/** What says that there is more to a request than its head, or more to its connection. */
const notPlain = new Set([
  'connection',
  'content-length',
  'expect',
  'http2-settings',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/**
 * Reads requests that are nothing but a head: GET or HEAD, one whole head in `length` bytes, and
 * not a byte more. Null hands it to the parser that reads everything: this one never refuses, and
 * what it takes it reads as that one does (`tests/simulation/plain-head.test.ts` holds the two
 * against each other). Time grows with the length of the head and no faster.
 *
 * One reader for each connection: a client says the same fields again and again, and what they are
 * is remembered from its last request.
 */
export class PlainHeadReader {
  /** The lines of the last fields, as far as `#saidLength`: 0 for none yet. */
  #said = nothing;
  #saidLength = 0;
  #headers: readonly string[] = [];

  read(buffer: Buffer, length: number): PlainHead | null {
    return this.#readAgain(buffer, length) ?? this.#readAnew(buffer, length);
  }

  /** Where it ends with the very bytes of the last fields, only what is before them is read. */
  #readAgain(buffer: Buffer, length: number): PlainHead | null {
    const said = this.#saidLength;
    const lineLength = length - said;
    if (said === 0 || lineLength <= 0 || lineLength > MAX_LINE) return null;
    if (buffer.compare(this.#said, 0, said, lineLength, length) !== 0) return null;
    const line = buffer.toString('latin1', 0, lineLength);
    return onlyRequestLine.test(line) ? headOf(line, this.#headers) : null;
  }

  #readAnew(buffer: Buffer, length: number): PlainHead | null {
    const text = buffer.toString('latin1', 0, length);
    const line = requestLine.exec(text)?.[0];
    if (line === undefined || line.length > MAX_LINE) return null;
    const headers = readFields(text.slice(line.length));
    if (headers === null) return null;
    this.#remember(buffer, line.length, length, headers);
    return headOf(line, headers);
  }

  #remember(buffer: Buffer, from: number, to: number, headers: readonly string[]): void {
    this.#saidLength = to - from;
    this.#headers = headers;
    // Slow, as it stays: out of the pool it would hold what others of it need no more.
    if (this.#said.length < to - from) this.#said = Buffer.allocUnsafeSlow(to - from);
    buffer.copy(this.#said, 0, from, to);
  }
}

const nothing = Buffer.alloc(0);

function headOf(line: string, headers: readonly string[]): PlainHead {
  const method = line.startsWith('GET') ? 'GET' : 'HEAD';
  const target = line.slice(method.length + 1, line.length - VERSION.length);
  return { method, target, headers };
}

function readFields(text: string): readonly string[] | null {
  if (!fieldLines.test(text)) return null;
  const headers: string[] = [];
  for (let at = 0; at < text.length - 2;) {
    const colon = text.indexOf(':', at);
    const end = text.indexOf('\r', colon);
    const name = text.slice(at, colon);
    const value = withoutSpaceAround(text, colon + 1, end);
    const known = headerName(name);
    if (known.use !== 'end-to-end' && notPlain.has(known.name)) {
      if (known.name !== 'connection' || value !== 'keep-alive') return null;
    }
    headers.push(name, value);
    at = end + 2;
  }
  return headers.length > MAX_FIELDS * 2 ? null : headers;
}

/** Nearly all have one space in front and none behind. */
function withoutSpaceAround(text: string, from: number, to: number): string {
  let start = from;
  let end = to;
  while (start < end && isSpace(text.charCodeAt(start))) start++;
  while (end > start && isSpace(text.charCodeAt(end - 1))) end--;
  return text.slice(start, end);
}

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x09;
}
