import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type FlagDefinition, SET_FLAGS_KEY, WRITTEN_FLAGS_KEY } from '../../src/contract/flags.ts';
import { eventually } from '../support/eventually.ts';
import { plainConfiguration, type SiteWorker, startSiteWorker } from '../support/site-worker.ts';

let site: SiteWorker;

const flags: Readonly<Record<string, FlagDefinition>> = {
  banner: {
    state: 'ENABLED',
    variants: { a: 'Vote', b: 'Vote early' },
    defaultVariant: 'a',
    targeting: { if: [{ $ref: 'staff' }, 'b', null] },
    metadata: { owner: 'field' },
  },
  goal: { state: 'ENABLED', variants: { first: 500 }, defaultVariant: 'first' },
  code: { state: 'ENABLED', variants: { x: true } },
  off: { state: 'DISABLED', variants: { x: true }, defaultVariant: 'x' },
  torn: {
    state: 'ENABLED',
    variants: { x: true },
    defaultVariant: 'x',
    targeting: { if: [true, 'nowhere'] },
  },
};

before(async () => {
  site = await startSiteWorker(plainConfiguration([]));
  const $evaluators = { staff: { ends_with: [{ var: 'email' }, '@example.org'] } };
  const document = { flags, $evaluators };
  await site.state.put(WRITTEN_FLAGS_KEY, { document, from: 'flags.yaml', changes: {} });
  await eventually('the flags are there', async () => (await evaluate('/goal')).status === 200);
});
after(() => site[Symbol.asyncDispose]());

function evaluate(
  path: string,
  body: unknown = {},
  headers: Readonly<Record<string, string>> = {},
  port = site.internalPort,
): Promise<Response> {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const url = `http://127.0.0.1:${port}/ofrep/v1/evaluate/flags${path}`;
  return fetch(url, { method: 'POST', body: text, headers });
}

async function told(path: string, body: unknown = {}): Promise<unknown> {
  const response = await evaluate(path, body);
  return [response.status, await response.json()];
}

test('one flag is told with its value, its variant and why', async () => {
  const goal = { key: 'goal', reason: 'STATIC', value: 500, variant: 'first' };
  assert.deepEqual(await told('/goal'), [200, goal]);
  const metadata = { owner: 'field' };
  const asDefault = { key: 'banner', metadata, reason: 'DEFAULT', value: 'Vote', variant: 'a' };
  assert.deepEqual(await told('/banner', { context: { email: 'ada@elsewhere.example' } }), [
    200,
    asDefault,
  ]);
  const matched = { ...asDefault, reason: 'TARGETING_MATCH', value: 'Vote early', variant: 'b' };
  assert.deepEqual(await told('/banner', { context: { email: 'ada@example.org' } }), [
    200,
    matched,
  ]);
});

test('a flag that leaves the value to the code says so by having none', async () => {
  assert.deepEqual(await told('/code'), [200, { key: 'code', reason: 'DEFAULT' }]);
  assert.deepEqual(await told('/off'), [200, { key: 'off', reason: 'DISABLED' }]);
});

test('what cannot be answered is refused as the protocol has it', async () => {
  const refusals: readonly (readonly [string, unknown, number, string])[] = [
    ['/nothing', {}, 404, 'FLAG_NOT_FOUND'],
    ['/constructor', {}, 404, 'FLAG_NOT_FOUND'],
    ['/goal', '{', 400, 'PARSE_ERROR'],
    ['/goal', '[]', 400, 'PARSE_ERROR'],
    ['/goal', { context: 'me' }, 400, 'INVALID_CONTEXT'],
    ['/goal', { context: { long: 'x'.repeat(70_000) } }, 400, 'PARSE_ERROR'],
    ['/torn', {}, 400, 'GENERAL'],
    ['', '"x"', 400, 'PARSE_ERROR'],
  ];
  for (const [path, body, status, errorCode] of refusals) {
    const response = await evaluate(path, body);
    const answer = (await response.json()) as { readonly errorCode: string };
    assert.deepEqual([path, response.status, answer.errorCode], [path, status, errorCode]);
  }
  const url = `http://127.0.0.1:${site.internalPort}/ofrep/v1/evaluate/flags`;
  assert.equal((await fetch(url)).status, 405);
});

test('all flags are told at once, and again only when one is another', async () => {
  const first = await evaluate('');
  const etag = first.headers.get('etag') ?? '';
  const { flags: all } = (await first.json()) as {
    readonly flags: readonly { readonly key: string }[];
  };
  assert.deepEqual(
    all.map(({ key }) => key),
    Object.keys(flags),
  );
  const again = await evaluate('', {}, { 'if-none-match': etag });
  assert.equal(again.status, 304);
  assert.equal(await again.text(), '');
  const other = await evaluate(
    '',
    { context: { email: 'a@example.org' } },
    { 'if-none-match': etag },
  );
  assert.equal(other.status, 200);
  const set = { value: 900, variant: null, why: null, who: 'ada', atMs: 0, expiresMs: null };
  await site.state.put(SET_FLAGS_KEY, { flags: { goal: set } });
  await eventually('what is set by hand counts', async () => {
    return (await evaluate('', {}, { 'if-none-match': etag })).status === 200;
  });
  assert.deepEqual(await told('/goal'), [
    200,
    { key: 'goal', reason: 'STATIC', value: 900, variant: 'set-by-hand' },
  ]);
});

test('nothing of it is there on the public side', async () => {
  assert.equal((await evaluate('/goal', {}, {}, site.port)).status, 404);
});
