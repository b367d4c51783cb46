import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { json, problem } from '../sdk/serve/answers.ts';
import { serve, type Served } from '../sdk/serve/serve.ts';
import { forgetKept, read } from './client.ts';
import { keepAnswer, keptAnswer } from './kept-answers.ts';

describe('what was read stays readable while the site cannot answer', () => {
  let served: Served;
  let control: string | null = 'public, max-age=5';
  let status = 200;
  let version = 0;
  let age: string | null = null;
  before(async () => {
    process.env['PORT'] = '0';
    const answer = (): Response => {
      if (status !== 200) return problem(status, 'Closed', 'Resting.', {});
      const more = {
        ...(control === null ? {} : { 'cache-control': control }),
        ...(age === null ? {} : { age }),
      };
      return json(200, { version }, more);
    };
    served = await serve({ routes: { 'GET /total': answer } });
  });
  after(() => served.stop());
  beforeEach(() => {
    forgetKept();
    [control, status, version, age] = ['public, max-age=5', 200, 1, null];
  });
  const total = (more: Parameters<typeof read>[1] = {}) => read(`${served.url}/total`, more);

  test('with its age, and why it is a copy', async () => {
    age = '30';
    assert.equal((await total()).ageMs, 30_000);
    version = 2;
    for (const bad of [503, 502, 504, 500]) {
      status = bad;
      const { body, from, ageMs, problem: trouble } = await total();
      assert.deepEqual([body, from, trouble?.status], [{ version: 1 }, 'kept', bad]);
      assert.ok(ageMs >= 30_000, String(ageMs));
    }
    status = 200;
    assert.deepEqual((await total()).body, { version: 2 });
  });

  test('but never in the place of what the site says of the question', async () => {
    await total();
    for (const bad of [400, 401, 403, 404, 410, 429]) {
      status = bad;
      await assert.rejects(total(), { status: bad });
    }
  });

  test('only where it is for everybody, by its own word or by the page’s', async () => {
    const isKept = async (said: string | null, more: Parameters<typeof read>[1] = {}) => {
      forgetKept();
      control = said;
      status = 200;
      await total(more);
      status = 503;
      return total(more).then(
        ({ from }) => from === 'kept',
        () => false,
      );
    };
    assert.equal(await isKept('s-maxage=5'), true);
    // What the SDK says where a service says nothing.
    assert.equal(await isKept(null, { keep: true }), false);
    assert.equal(await isKept('max-age=60'), false);
    assert.equal(await isKept('max-age=60', { keep: true }), true);
    assert.equal(await isKept('public', { keep: false }), false);
    const forbidden = ['private', 'no-store', 'max-age=5, no-cache', 'public, must-revalidate'];
    for (const said of [...forbidden, 'private="set-cookie"']) {
      assert.equal(await isKept(said, { keep: true }), false, said);
    }
    const headers = { Authorization: 'Bearer mine' };
    assert.equal(await isKept('public', { keep: true, headers }), false);
  });

  test('and no longer, once an answer forbids it', async () => {
    await total();
    control = 'no-store';
    await total();
    status = 503;
    await assert.rejects(total(), { status: 503 });
  });

  test('until somebody signs out, or it is too old', async () => {
    await total();
    status = 503;
    assert.equal((await total()).from, 'kept');
    await assert.rejects(total({ keptForMs: -1 }), { status: 503 });
    forgetKept();
    await assert.rejects(total(), { status: 503 });
  });

  test('for the very question alone', async () => {
    await total({ headers: { 'accept-language': 'de' } });
    status = 503;
    await assert.rejects(total(), { status: 503 });
    assert.equal((await total({ headers: { 'accept-language': 'de' } })).from, 'kept');
  });
});

describe('copies in a browser are bounded', () => {
  beforeEach(() => forgetKept());
  const keep = (name: string, body: unknown, atMs: number): void =>
    keepAnswer(name, { body, atMs, ageMs: 0 });

  test('in number: the oldest go', () => {
    for (let i = 0; i < 60; i++) keep(`a${i}`, i, i + 1);
    const there = Array.from({ length: 60 }, (_, i) => keptAnswer(`a${i}`) !== null);
    assert.deepEqual([there.indexOf(true), there.filter(Boolean).length], [10, 50]);
  });

  test('in length, each and all together', () => {
    keep('long', 'x'.repeat(200_000), 1);
    assert.equal(keptAnswer('long'), null);
    for (let i = 0; i < 12; i++) keep(`b${i}`, 'x'.repeat(150_000), i + 1);
    const there = Array.from({ length: 12 }, (_, i) => keptAnswer(`b${i}`) !== null);
    assert.deepEqual([there.indexOf(true), there.filter(Boolean).length], [6, 6]);
  });
});
