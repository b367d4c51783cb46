import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { startFrontendSite } from '../../support/frontend-site.ts';
import { startNginx } from '../../support/nginx.ts';
import { rawGet, type RawAnswer } from '../../support/raw-get.ts';

/**
 * Ranges and conditions as nginx answers them for the same folder. Where we differ on purpose the
 * case says how nginx answers and why we do not, so that a change of either is noticed.
 */
interface Case {
  readonly method?: string;
  readonly path?: string;
  /** `ETAG` stands for the entity tag that the server in question gave the file. */
  readonly headers: Readonly<Record<string, string>>;
  readonly differs?: { readonly ours: number; readonly nginx: number; readonly because: string };
}

const lengthBytes = 2_000;
const text = Array.from({ length: lengthBytes }, (_, i) => ((i * 7_919) % 36).toString(36)).join(
  '',
);

const cases: readonly Case[] = [
  { headers: {} },
  { headers: { range: 'bytes=0-0' } },
  { headers: { range: 'bytes=0-499' } },
  { headers: { range: 'bytes=500-999' } },
  { headers: { range: 'bytes=-500' } },
  { headers: { range: 'bytes=-1' } },
  { headers: { range: 'bytes=1500-' } },
  { headers: { range: 'bytes=0-' } },
  { headers: { range: 'bytes=1999-1999' } },
  { headers: { range: 'bytes=1990-5000' } },
  { headers: { range: 'bytes=-5000' } },
  { headers: { range: 'bytes=2000-' } },
  { headers: { range: 'bytes=-0' } },
  { headers: { range: 'bytes=5000-6000' } },
  { headers: { range: 'bytes=0-9,1000-1009' } },
  { headers: { range: 'bytes=1000-1009,0-9' } },
  { headers: { range: 'bytes=0-9, -10' } },
  { headers: { range: 'bytes=0-9,5000-' } },
  { headers: { range: 'bytes=5000-,6000-' } },
  { headers: { range: 'lines=0-9' } },
  { headers: { range: 'BYTES=0-9' } },
  { headers: { 'if-none-match': 'ETAG' } },
  { headers: { 'if-none-match': 'W/ETAG' } },
  { headers: { 'if-none-match': '"other", ETAG' } },
  { headers: { 'if-none-match': '"other"' } },
  { headers: { 'if-none-match': '*' } },
  { headers: { 'if-match': 'ETAG' } },
  { headers: { 'if-match': '*' } },
  { headers: { 'if-match': '"other"' } },
  { headers: { 'if-match': 'W/ETAG' } },
  { headers: { 'if-match': '"other"', 'if-none-match': 'ETAG' } },
  { headers: { 'if-none-match': 'ETAG', range: 'bytes=0-9' } },
  { headers: { 'if-range': 'ETAG', range: 'bytes=0-9' } },
  { headers: { 'if-range': '"other"', range: 'bytes=0-9' } },
  { headers: { 'if-range': 'W/ETAG', range: 'bytes=0-9' } },
  { headers: { 'if-range': 'Thu, 01 Jan 2026 00:00:00 GMT', range: 'bytes=0-9' } },
  { method: 'HEAD', headers: {} },
  { method: 'HEAD', headers: { 'if-none-match': 'ETAG' } },
  { path: '/empty.txt', headers: {} },
  { path: '/nothing', headers: { range: 'bytes=0-9' } },
  {
    method: 'HEAD',
    headers: { range: 'bytes=0-9' },
    differs: { ours: 200, nginx: 206, because: 'RFC 9110 14.2 defines Range for GET alone' },
  },
  {
    headers: { range: 'bytes=9-5' },
    differs: { ours: 200, nginx: 416, because: 'RFC 9110 14.1.1: invalid, so it is ignored' },
  },
  {
    headers: { range: 'bytes=a-b' },
    differs: { ours: 200, nginx: 416, because: 'RFC 9110 14.2 lets a malformed set be ignored' },
  },
  {
    headers: { range: 'bytes=0-9,5-14' },
    differs: {
      ours: 206,
      nginx: 206,
      because: 'we join ranges that overlap: no byte is sent twice',
    },
  },
  {
    path: '/empty.txt',
    headers: { range: 'bytes=0-' },
    differs: { ours: 416, nginx: 200, because: 'RFC 9110 14.1.2: no byte of it can be satisfied' },
  },
];

const site = await startFrontendSite({ 'index.html': '', 'file.txt': text, 'empty.txt': '' });
const nginx = await startNginx(site.directory);
const tags = new Map<string, string>();
for (const { origin } of [site, nginx]) {
  tags.set(origin, (await rawGet(origin, '/file.txt')).headers['etag'] ?? '');
}

function ask(origin: string, { method, path, headers }: Case): Promise<RawAnswer> {
  const tag = tags.get(origin) as string;
  const own = Object.entries(headers).map(([name, value]) => [name, value.replace('ETAG', tag)]);
  return rawGet(origin, path ?? '/file.txt', Object.fromEntries(own), method);
}

/** What must be equal, with each server's own boundary and type taken out. */
function comparable(answer: RawAnswer): unknown {
  const boundary = /boundary=(.+)$/.exec(answer.headers['content-type'] ?? '')?.[1];
  const isContent = answer.status === 200 || answer.status === 206;
  return {
    status: answer.status,
    range: answer.headers['content-range'],
    acceptRanges: answer.status === 200 ? answer.headers['accept-ranges'] : undefined,
    length: isContent && boundary === undefined ? answer.headers['content-length'] : undefined,
    body: isContent
      ? boundary === undefined
        ? answer.body.toString()
        : partsOf(answer, boundary)
      : '',
  };
}

function partsOf({ body }: RawAnswer, boundary: string): string[] {
  const parts = body.toString().split(`\r\n--${boundary}`).slice(1);
  assert.equal(parts.pop()?.trim(), '--');
  return parts.map((part) => part.replace(/^content-type:[^\r]*\r\n/im, '').toLowerCase());
}

describe('ranges and conditions', () => {
  for (const each of cases) {
    const asked = Object.entries(each.headers).map(([name, value]) => `${name}: ${value}`);
    const name = `${each.method ?? 'GET'} ${each.path ?? '/file.txt'} ${asked.join(', ')}`;
    if (each.differs === undefined) {
      test(`${name}: as nginx`, async () => {
        const [ours, theirs] = await Promise.all([ask(site.origin, each), ask(nginx.origin, each)]);
        assert.deepEqual(comparable(ours), comparable(theirs));
      });
      continue;
    }
    const { because, ...statuses } = each.differs;
    test(`${name}: not as nginx, because ${because}`, async () => {
      const [ours, theirs] = await Promise.all([ask(site.origin, each), ask(nginx.origin, each)]);
      assert.deepEqual({ ours: ours.status, nginx: theirs.status }, statuses);
      assert.notDeepEqual(comparable(ours), comparable(theirs));
    });
  }
});
