import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';
import { Bench, version } from './bench.fixture.ts';
import { describeService, noteService } from './describe-service.ts';
import { settleMs } from './reconcile.ts';

describe('one instance', () => {
  let bench: Bench;
  beforeEach(() => {
    bench = new Bench();
  });

  test('takes requests only once it has answered a health check', () => {
    bench.send({ kind: 'apply', version: version(1, 'sha256:1') });
    const [id = ''] = bench.starts();
    assert.deepEqual(bench.rotation(), {});
    bench.send({ kind: 'started', id, address: '127.0.0.1:1', pid: 1 });
    bench.check(id, 'nothing listens');
    assert.deepEqual(bench.rotation(), {});
    bench.check(id, null);
    assert.deepEqual(bench.rotation(), { [id]: 'ready' });
  });

  test('that dies leaves rotation at once and another one is started in its place', () => {
    const [a = '', b = ''] = bench.up(2);
    bench.after(60_000);
    bench.dies(a, 1);
    assert.deepEqual(bench.rotation(), { [b]: 'ready' });
    const [c = ''] = bench.starts();
    assert.notEqual(c, a);
    bench.healthy(c);
    const { instances } = describeService(bench.state, 1_800_000_060_000, () => null);
    assert.equal(instances[1]?.restarts, 1);
    assert.deepEqual(instances[1]?.lastFailure?.lastLines, ['bad luck']);
    assert.equal(instances[1]?.lastFailure?.reason, 'ended with exit code 1');
  });

  test('that is sick is replaced, drained and then stopped with the budget of its plan', () => {
    const [a = '', b = '', c = ''] = bench.up(3);
    bench.check(a, 'answered 503', 3);
    assert.deepEqual(bench.rotation(), { [a]: 'draining', [b]: 'ready', [c]: 'ready' });
    assert.equal(bench.starts().length, 1);
    bench.after(settleMs - 1);
    assert.deepEqual(bench.effects, []);
    bench.after(1);
    assert.deepEqual(bench.effects, [{ kind: 'stop', id: a, graceMs: 7_000 }]);
    bench.dies(a, 0);
    assert.equal(bench.find(a), undefined);
    assert.deepEqual(bench.starts(), []);
  });

  test('that is sick and alone keeps its requests until its replacement can take them', () => {
    const [a = ''] = bench.up(1);
    bench.check(a, 'answered 503', 3);
    const [b = ''] = bench.starts();
    assert.deepEqual(bench.rotation(), { [a]: 'ready' });
    bench.healthy(b);
    assert.deepEqual(bench.rotation(), { [a]: 'draining', [b]: 'ready' });
  });

  test('fails a check now and then and stays', () => {
    const [a = ''] = bench.up(1);
    bench.check(a, 'slow', 2);
    bench.check(a, null);
    bench.check(a, 'slow', 2);
    assert.deepEqual(bench.rotation(), { [a]: 'ready' });
    assert.deepEqual(bench.starts(), []);
  });

  test('replaced by plan is drained only when the new one is healthy', () => {
    const [a = ''] = bench.up(1);
    bench.send({ kind: 'replace', id: a, why: 'it is old' });
    const [b = ''] = bench.starts();
    bench.after(5_000);
    assert.deepEqual(bench.rotation(), { [a]: 'ready' });
    bench.healthy(b);
    assert.deepEqual(bench.rotation(), { [a]: 'draining', [b]: 'ready' });
  });

  test('that does not become healthy in time is given up with what it last said', () => {
    bench.send({ kind: 'apply', version: version(1, 'sha256:1') });
    const [a = ''] = bench.starts();
    bench.send({ kind: 'started', id: a, address: '127.0.0.1:1', pid: 1 });
    bench.check(a, 'GET /health answered 500');
    bench.after(9_999);
    assert.deepEqual(bench.starts(), []);
    bench.after(1);
    assert.ok(bench.journal().includes('instance.given-up'));
    const [b = ''] = bench.starts();
    assert.match(bench.find(b)?.lastFailure?.reason ?? '', /within 10000 ms: GET .* answered 500/);
  });

  test('told to go while it is launched is stopped when its process is there', () => {
    bench.send({ kind: 'apply', version: version(1, 'sha256:1') });
    const [a = ''] = bench.starts();
    bench.send({ kind: 'remove' });
    bench.after(60_000);
    assert.deepEqual(
      bench.effects.filter(({ kind }) => kind === 'stop'),
      [],
    );
    bench.send({ kind: 'started', id: a, address: '127.0.0.1:1', pid: 1 });
    assert.deepEqual(bench.effects.at(-1), { kind: 'stop', id: a, graceMs: 10_000 });
  });
});

describe('more than half of the instances', () => {
  let bench: Bench;
  beforeEach(() => {
    bench = new Bench();
  });

  test('sick together are left in rotation, and a person is told', () => {
    const [a = '', b = '', c = ''] = bench.up(3);
    bench.check(a, 'slow', 2);
    bench.check(b, 'slow', 3);
    assert.ok(bench.journal().includes('replacement.stopped'));
    bench.check(a, 'slow');
    bench.after(60_000);
    assert.deepEqual(bench.rotation(), { [a]: 'ready', [b]: 'ready', [c]: 'ready' });
    assert.deepEqual(bench.starts(), []);
    assert.equal(noteService(bench.state)[0]?.code, 'replacement-stopped');
  });

  test('well again are kept, and replacement resumes', () => {
    const ids = bench.up(3);
    for (let n = 0; n < 3; n += 1) for (const id of ids) bench.check(id, 'slow');
    for (const id of ids) bench.check(id, null);
    bench.after(60_000);
    assert.ok(bench.journal().includes('replacement.resumed'));
    assert.deepEqual(Object.keys(bench.rotation()), ids);
    assert.deepEqual(noteService(bench.state), []);
  });

  test('dead at once are started again: a dead one answers nothing', () => {
    const ids = bench.up(3);
    bench.after(60_000);
    for (const id of ids) bench.dies(id, 1);
    assert.equal(bench.starts().length, 3);
  });
});
