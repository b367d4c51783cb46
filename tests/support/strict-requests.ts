/**
 * Requests as the strictest of readers understands them (RFC 9112 with none of its leniencies): the
 * judge of what reaches a service. Written without the data plane's code, which it judges.
 */
export interface StrictRequest {
  readonly method: string;
  readonly target: string;
  readonly version: string;
  /** Name in lower case and value, in order. */
  readonly fields: readonly (readonly [string, string])[];
  readonly body: string;
  readonly trailers: readonly (readonly [string, string])[];
  /** Nothing after it on this connection is a request. */
  readonly last: boolean;
}

export interface StrictReading {
  readonly requests: readonly StrictRequest[];
  /** Why the bytes after those requests are none; null where they are, or are not yet, one. */
  readonly fault: string | null;
  /** Bytes of a request that is not complete. */
  readonly rest: string;
}

const requestLine = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+) ([!-~\x80-\xff]+) HTTP\/(1\.[01])$/;
const fieldLine = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):([\t -~\x80-\xff]*)$/;
// Zeros before a size say nothing (RFC 9112, section 7.1: 1*HEXDIG), however many they are.
const chunkLine = /^(0*[0-9A-Fa-f]{1,12})([\t ]*;[\t -~\x80-\xff]*)?$/;

// What docs/guide/requests.md says of those that the data plane takes and writes anew.
const statedLine = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+) +([!-~\x80-\xff]+) +HTTP\/(1\.[01])$/;

/** Raised inside, where the bytes cannot be a request. */
class Fault extends Error {}

/**
 * Reads as many requests as `bytes` (latin1) hold; what follows a last one is left in `rest`. With
 * `stated` the two leniencies are allowed that the guide says the data plane has.
 */
export function readStrictly(bytes: string, stated = false): StrictReading {
  const requests: StrictRequest[] = [];
  let at = 0;
  try {
    while (at < bytes.length && requests.at(-1)?.last !== true) {
      const found = readOne(bytes, at, stated);
      if (found === null) break;
      requests.push(found.request);
      at = found.end;
    }
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    return { requests, fault: error.message, rest: bytes.slice(at) };
  }
  return { requests, fault: null, rest: bytes.slice(at) };
}

interface Found {
  readonly request: StrictRequest;
  readonly end: number;
}

function readOne(bytes: string, start: number, stated: boolean): Found | null {
  // One empty line before a request is nothing (RFC 9112, section 2.2).
  let at = start;
  while (bytes.startsWith('\r\n', at)) at += 2;
  if (stated) at += /^[\r\n]*/.exec(bytes.slice(at))?.[0].length ?? 0;
  const head = linesUntilEmpty(bytes, at);
  if (head === null) return null;
  const [first = '', ...lines] = head.lines;
  const line = (stated ? statedLine : requestLine).exec(first);
  if (line === null) throw new Fault(`no request line: ${JSON.stringify(first.slice(0, 80))}`);
  const [, method = '', target = '', version = ''] = line;
  const fields = lines.map(readField);
  const values = (name: string): string[] =>
    fields.flatMap(([named, value]) => (named === name ? [value] : []));
  if (values('host').length > 1) throw new Fault('more than one Host');
  if (values('host').length === 0 && version === '1.1') throw new Fault('no Host');
  const body = readBody(bytes, head.end, values, version);
  if (body === null) return null;
  const options = new Set(values('connection').join(',').toLowerCase().split(',').map(trim));
  const last = options.has('close') || (version === '1.0' && !options.has('keep-alive'));
  const { end, ...content } = body;
  return { request: { method, target, version, fields, ...content, last }, end };
}

interface Body {
  readonly body: string;
  readonly trailers: readonly (readonly [string, string])[];
  readonly end: number;
}

function readBody(
  bytes: string,
  start: number,
  values: (name: string) => string[],
  version: string,
): Body | null {
  const lengths = values('content-length');
  const codings = values('transfer-encoding');
  if (codings.length > 0) {
    if (lengths.length > 0) throw new Fault('two kinds of length');
    if (version === '1.0') throw new Fault('Transfer-Encoding in HTTP/1.0');
    if (codings.join().toLowerCase() !== 'chunked') throw new Fault(`coding ${codings.join()}`);
    return readChunks(bytes, start);
  }
  if (lengths.length > 1) throw new Fault('two lengths');
  const [length = '0'] = lengths;
  if (!/^[0-9]{1,15}$/.test(length)) throw new Fault(`length ${JSON.stringify(length)}`);
  const end = start + Number(length);
  return end > bytes.length ? null : { body: bytes.slice(start, end), trailers: [], end };
}

function readChunks(bytes: string, start: number): Body | null {
  let at = start;
  let body = '';
  for (;;) {
    const line = lineAt(bytes, at);
    if (line === null) return null;
    const size = chunkLine.exec(line.text);
    if (size === null) throw new Fault(`chunk size ${JSON.stringify(line.text.slice(0, 40))}`);
    const length = Number.parseInt(size[1] ?? '', 16);
    at = line.end;
    if (length === 0) break;
    body += bytes.slice(at, at + length);
    at += length;
    const after = bytes.slice(at, at + 2);
    if (!'\r\n'.startsWith(after)) throw new Fault('a chunk is longer than its size');
    if (after.length < 2) return null;
    at += 2;
  }
  const trailers = linesUntilEmpty(bytes, at);
  if (trailers === null) return null;
  return { body, trailers: trailers.lines.map(readField), end: trailers.end };
}

function readField(line: string): readonly [string, string] {
  const field = fieldLine.exec(line);
  if (field === null) throw new Fault(`no field line: ${JSON.stringify(line.slice(0, 80))}`);
  return [(field[1] ?? '').toLowerCase(), trim(field[2] ?? '')];
}

/** Without spaces and tabs around it, and nothing else that JavaScript takes for white space. */
function trim(value: string): string {
  let start = 0;
  let end = value.length;
  while (start < end && ' \t'.includes(value.charAt(start))) start += 1;
  while (end > start && ' \t'.includes(value.charAt(end - 1))) end -= 1;
  return value.slice(start, end);
}

function linesUntilEmpty(bytes: string, start: number): { lines: string[]; end: number } | null {
  const lines: string[] = [];
  let at = start;
  for (;;) {
    const line = lineAt(bytes, at);
    if (line === null) return null;
    at = line.end;
    if (line.text === '') return { lines, end: at };
    lines.push(line.text);
  }
}

function lineAt(bytes: string, start: number): { text: string; end: number } | null {
  const lineFeed = bytes.indexOf('\n', start);
  const text = bytes.slice(start, lineFeed === -1 ? bytes.length : lineFeed + 1);
  const ending = lineFeed === -1 ? 0 : 2;
  const inner = ending === 0 ? text.replace(/\r$/, '') : text.slice(0, -2);
  if (/[\r\n]/.test(inner) || (ending > 0 && !text.endsWith('\r\n'))) {
    throw new Fault('a lone CR or LF');
  }
  return lineFeed === -1 ? null : { text: inner, end: lineFeed + 1 };
}
