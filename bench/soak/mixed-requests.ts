import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LoadRequest } from '../../tests/support/load.ts';

/** The files of the frontend under soak; `number` makes each release another one. */
export function writeSoakFiles(folder: string, number: number): void {
  writeFileSync(join(folder, 'index.html'), `<!doctype html>${`<p>${number}</p>`.repeat(500)}`);
  writeFileSync(join(folder, 'app.js'), `export const release = ${number};\n`.repeat(200));
  writeFileSync(join(folder, 'film.mp4'), Buffer.alloc(2 * 1024 ** 2, number % 251));
}

type Expected = Omit<LoadRequest, 'check'> & { readonly status: number };

const encodings = ['br', 'gzip', 'zstd', 'identity'];

/** What people ask of a site, rare things included: each has a path of its own through a worker. */
const mix: readonly ((n: number) => Expected)[] = [
  (n) => get('/', { 'accept-encoding': encodings[n % encodings.length] as string }),
  () => get('/api/totals'),
  () => ({
    method: 'POST',
    path: '/api/donations',
    body: '{"amount":2500}'.repeat(20),
    status: 200,
  }),
  () => get('/app.js', { 'accept-encoding': 'gzip, deflate, br, zstd' }),
  (n) => get(`/api/unique/${n}?page=${n}`, { 'x-request-id': `soak-${n}` }),
  (n) => get(`/nothing/${n}`, {}, 404),
  (n) => get('/film.mp4', { range: `bytes=${n % 1_000}-${(n % 1_000) + 9_999}` }, 206),
  () => get('/', { 'if-none-match': '*' }, 304),
  () => get('/api/close', { connection: 'close' }),
  (n) => (n % 50 === 0 ? get('/film.mp4') : get('/app.js')),
];

/** The `n`th request of a connection. */
export function mixedRequest(connection: number, n: number): LoadRequest {
  const { status, ...wanted } = (mix[(connection + n) % mix.length] as (n: number) => Expected)(n);
  return {
    ...wanted,
    check: (answer) => (answer.status === status ? null : `${answer.status} in place of ${status}`),
  };
}

function get(path: string, headers: Readonly<Record<string, string>> = {}, status = 200): Expected {
  return { method: 'GET', path, headers, status };
}
