import { request } from 'node:http';

export interface RawAnswer {
  readonly status: number;
  /** Lower-case names; a header sent twice is joined by `, `. */
  readonly headers: Record<string, string>;
  readonly body: Buffer;
}

/** One request as written, path and all; the body as it came, nothing decoded or followed. */
export function rawGet(
  origin: string,
  path: string,
  headers: Readonly<Record<string, string>> = {},
  method = 'GET',
): Promise<RawAnswer> {
  const { hostname, port } = new URL(origin);
  return new Promise((resolve, reject) => {
    const sent = request({ hostname, port, path, method, headers, agent: false }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.once('error', reject);
      answer.once('end', () => {
        const received = Object.entries(answer.headersDistinct).map(
          ([name, values]) => [name, (values ?? []).join(', ')] as const,
        );
        resolve({
          status: answer.statusCode ?? 0,
          headers: Object.fromEntries(received),
          body: Buffer.concat(chunks),
        });
      });
    });
    sent.once('error', reject);
    sent.end();
  });
}
