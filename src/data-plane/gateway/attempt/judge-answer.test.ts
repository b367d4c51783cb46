import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Answer } from '../../exchange.ts';
import { judgeAnswer } from './judge-answer.ts';

const answered = (status: number, report: string | null): Answer => ({
  status,
  headers: [],
  body: null,
  report,
});
const declared = { needs: ['db.primary', 'processor'], ladder: [] };

describe('an answer of a service', () => {
  it('that failed names the need that its service lost, of those of its feature', () => {
    const need = (report: string): unknown => judgeAnswer(answered(503, report), declared).failure;
    const failure = { cause: 'status', reached: true };
    assert.deepEqual(need('processor=down'), { ...failure, need: 'processor' });
    assert.deepEqual(need('db=down'), { ...failure, need: 'db.primary' });
    assert.deepEqual(need('db.replica=down, other=down'), { ...failure, need: null });
    assert.deepEqual(need('ok'), { ...failure, need: null });
  });

  it('names the role that its ladder has rungs for, where the feature needs all of it', () => {
    const ladder = [{ need: 'db.primary', rungs: [] }];
    const { failure } = judgeAnswer(answered(503, 'db.primary=down'), { needs: ['db'], ladder });
    assert.equal(failure?.need, 'db.primary');
  });

  it('fails by 500 where that is declared, and only there', () => {
    const policy = { ...declared, failsOn: [500] };
    assert.equal(judgeAnswer(answered(500, null), policy).failure?.cause, 'status');
    assert.equal(judgeAnswer(answered(500, null), declared).failure, undefined);
    assert.equal(judgeAnswer(answered(404, null), policy).failure, undefined);
  });

  it('that did not fail is none, whatever it reports', () => {
    for (const status of [200, 404, 429, 500, 501]) {
      assert.equal(judgeAnswer(answered(status, 'processor=down'), declared).failure, undefined);
    }
  });
});

describe('an error of a service that is passed on', () => {
  it('is said to be its own, behind what others have said', () => {
    const own = { ...answered(500, null), headers: ['proxy-status', 'inner; error=dns_timeout'] };
    assert.deepEqual(judgeAnswer(own, declared).headers, [
      'proxy-status',
      'inner; error=dns_timeout',
      'proxy-status',
      'turnout; received-status=500',
    ]);
  });

  it('is nothing that a proxy has to do with where the client is to blame', () => {
    assert.deepEqual(judgeAnswer(answered(404, null), declared).headers, []);
  });
});
