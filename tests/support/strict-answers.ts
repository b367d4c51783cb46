/** An answer as a strict reader of HTTP/1.1 finds it on a connection. */
export interface StrictAnswer {
  readonly status: number;
  /** With its last CRLF. */
  readonly head: string;
  readonly body: string;
}

export interface StrictAnswers {
  /** Final ones. */
  readonly answers: readonly StrictAnswer[];
  /** What is not, or not yet, an answer. */
  readonly rest: string;
}

/**
 * Reads the answers to requests with `methods`, of which only HEAD matters; those not named are
 * GETs. Bodies are framed by Content-Length or chunks; one that ends with its connection is `rest`.
 */
export function readAnswers(text: string, methods: readonly string[]): StrictAnswers {
  const answers: StrictAnswer[] = [];
  let at = 0;
  for (;;) {
    const headEnd = text.indexOf('\r\n\r\n', at);
    if (headEnd === -1) break;
    const head = text.slice(at, headEnd + 2);
    const status = Number(/^HTTP\/1\.1 ([1-9][0-9]{2}) /.exec(head)?.[1] ?? 0);
    if (status === 0) break;
    const bodyStart = headEnd + 4;
    const isHead = methods[answers.length] === 'HEAD';
    const bodyless = isHead || status < 200 || status === 204 || status === 304;
    const body = bodyless ? { text: '', end: bodyStart } : readBody(text, bodyStart, head);
    if (body === null) break;
    at = body.end;
    if (status >= 200) answers.push({ status, head, body: body.text });
  }
  return { answers, rest: text.slice(at) };
}

function readBody(text: string, start: number, head: string): { text: string; end: number } | null {
  const length = /\r\ncontent-length: ([0-9]+)\r\n/i.exec(head);
  if (length !== null) {
    const end = start + Number(length[1]);
    return end > text.length ? null : { text: text.slice(start, end), end };
  }
  if (!/\r\ntransfer-encoding: chunked\r\n/i.test(head)) return null;
  let at = start;
  let body = '';
  for (;;) {
    const size = /^([0-9a-f]{1,12})\r\n/i.exec(text.slice(at, at + 14));
    if (size === null) return null;
    const length = Number.parseInt(size[1] ?? '', 16);
    at += size[0].length;
    if (length === 0) break;
    if (text.slice(at + length, at + length + 2) !== '\r\n') return null;
    body += text.slice(at, at + length);
    at += length + 2;
  }
  // Trailers and the empty line, which follows at once where there is none.
  const end = text.startsWith('\r\n', at) ? at : text.indexOf('\r\n\r\n', at) + 2;
  return end < at ? null : { text: body, end: end + 2 };
}
