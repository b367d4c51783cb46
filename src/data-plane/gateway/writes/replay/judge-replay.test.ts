import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { Answer } from '../../../exchange.ts';
import type { FailureCause } from '../../../failure.ts';
import { judgeReplay } from './judge-replay.ts';

const answered = (status: number, more: Partial<Answer> = {}): Answer => ({
  status,
  headers: [],
  body: null,
  ...more,
});
const failed = (cause: FailureCause, reached: boolean): Answer =>
  answered(503, { failure: { cause, need: null, reached } });

test('a write that its service has taken is done, also where it answers elsewhere', () => {
  for (const status of [200, 201, 202, 204, 303]) {
    assert.equal(judgeReplay(answered(status), false).kind, 'done');
  }
});

test('a failure of the feature is nobody’s fault', () => {
  for (const cause of ['unreached', 'lost', 'late', 'status', 'open', 'shed'] as const) {
    assert.equal(judgeReplay(failed(cause, true), true).kind, 'down');
    assert.equal(judgeReplay(failed(cause, false), false).kind, 'down');
  }
});

test('without `once` what may have been done is never sent again', () => {
  for (const answer of [failed('lost', true), failed('status', true), answered(500)]) {
    const verdict = judgeReplay(answer, false);
    assert.match(verdict.kind === 'refused' ? verdict.reason : '', /^outcome unknown/);
  }
});

test('what is under way already, or too much just now, is tried again', () => {
  for (const status of [408, 409, 425, 429]) {
    assert.equal(judgeReplay(answered(status), true).kind, 'again');
  }
  assert.equal(judgeReplay(answered(500), true).kind, 'again');
  assert.equal(judgeReplay(answered(503, { problem: 'instances-busy' }), true).kind, 'again');
});

test('a refusal says its status and its title, and no more of what the service said', () => {
  const body = Buffer.from(JSON.stringify({ title: 'Too\u001b small', detail: 'Ada gave 1 cent' }));
  const headers = ['content-type', 'application/problem+json'];
  assert.deepEqual(judgeReplay(answered(422, { headers, body }), true), {
    kind: 'refused',
    reason: 'refused: 422 Too  small',
  });
  assert.deepEqual(judgeReplay(answered(404), true), { kind: 'refused', reason: 'refused: 404' });
});
