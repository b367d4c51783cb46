import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';
import { Bench, version } from './bench.fixture.ts';
import { noteService } from './describe-service.ts';

describe('a version that does not start', () => {
  let bench: Bench;
  beforeEach(() => {
    bench = new Bench();
  });

  test('is tried with growing pauses for as long as nothing else serves', () => {
    bench.send({ kind: 'apply', version: version(1, 'sha256:1') });
    const pausesMs: number[] = [];
    for (let n = 0; n < 11; n += 1) {
      const [id = ''] = bench.starts();
      bench.send({ kind: 'started', id, address: '127.0.0.1:1', pid: 1 });
      bench.dies(id, 3);
      const diedMs = bench.nowMs;
      while (!bench.effects.some(({ kind }) => kind === 'start')) bench.after(100);
      pausesMs.push(bench.nowMs - diedMs);
    }
    assert.deepEqual(
      pausesMs,
      [0, 200, 400, 800, 1_600, 3_200, 6_400, 12_800, 25_600, 30_000, 30_000],
    );
    const note = noteService(bench.state)[0];
    assert.equal(note?.code, 'crash-loop');
    assert.match(note.message, /ended with exit code 3:\n {2}bad luck/);
  });

  test('is given up after three rounds where another serves, and tried anew on demand', () => {
    const old = bench.up(2);
    bench.send({ kind: 'apply', version: version(2, 'sha256:2') });
    for (let round = 0; round < 3; round += 1) {
      for (const id of bench.starts()) bench.dies(id, 1);
      bench.after(1_000);
    }
    assert.equal(bench.state.rollout.kind, 'halted');
    assert.equal(noteService(bench.state)[0]?.code, 'release-halted');
    bench.after(600_000);
    assert.deepEqual(bench.starts(), []);
    assert.deepEqual(Object.keys(bench.rotation()), old);
    bench.send({ kind: 'apply', version: version(2, 'sha256:2') });
    assert.equal(bench.starts().length, 2);
  });

  test('whose secret is missing says so', () => {
    bench.send({ kind: 'apply', version: version(1, 'sha256:1') });
    for (let n = 0; n < 2; n += 1) {
      const [id = ''] = bench.starts();
      bench.send({ kind: 'start-failed', id, reason: 'the secret KEY is not set' });
    }
    assert.match(noteService(bench.state)[0]?.message ?? '', /the secret KEY is not set/);
  });

  test('is forgiven once it has run well for a while', () => {
    bench.send({ kind: 'apply', version: version(1, 'sha256:1') });
    for (let n = 0; n < 3; n += 1) {
      const [id = ''] = bench.starts();
      bench.dies(id, 1);
      bench.after(1_000);
    }
    const [id = ''] = bench.starts();
    bench.healthy(id);
    assert.equal(noteService(bench.state)[0]?.code, 'crash-loop');
    bench.after(5_000);
    assert.deepEqual(noteService(bench.state), []);
  });
});

describe('a new version', () => {
  let bench: Bench;
  beforeEach(() => {
    bench = new Bench();
  });

  test('starts beside the old one, which goes when all of the new are healthy', () => {
    const [a = '', b = ''] = bench.up(2);
    bench.send({ kind: 'apply', version: version(2, 'sha256:2') });
    const [c = '', d = ''] = bench.starts();
    bench.healthy(c);
    assert.deepEqual(bench.rotation(), { [a]: 'ready', [b]: 'ready', [c]: 'ready' });
    bench.healthy(d);
    assert.deepEqual(bench.rotation(), {
      [a]: 'draining',
      [b]: 'draining',
      [c]: 'ready',
      [d]: 'ready',
    });
    assert.equal(bench.state.serving?.release.digest, 'sha256:2');
  });

  test('starts nothing before its `before` command ended well', () => {
    bench.up(1);
    bench.send({ kind: 'apply', version: version(1, 'sha256:2', ['node', 'migrate.js']) });
    assert.deepEqual(bench.effects.filter(({ kind }) => kind === 'prepare').length, 1);
    assert.deepEqual(bench.starts(), []);
    bench.send({ kind: 'prepared', generation: bench.state.target?.generation ?? '' });
    assert.equal(bench.starts().length, 1);
  });

  test('whose `before` command fails is given up and the old one stays', () => {
    const [a = ''] = bench.up(1);
    bench.send({ kind: 'apply', version: version(1, 'sha256:2', ['node', 'migrate.js']) });
    const failure = { atEpochMs: 0, reason: '`node migrate.js` failed', lastLines: ['no table'] };
    const generation = bench.state.target?.generation ?? '';
    bench.send({ kind: 'prepare-failed', generation, failure });
    assert.equal(bench.state.rollout.kind, 'halted');
    bench.after(600_000);
    assert.deepEqual(bench.starts(), []);
    assert.deepEqual(bench.rotation(), { [a]: 'ready' });
  });

  test('while it starts, what serves is kept whole', () => {
    const [a = '', b = ''] = bench.up(2);
    bench.after(60_000);
    bench.send({ kind: 'apply', version: version(2, 'sha256:2') });
    bench.starts();
    bench.dies(a, 1);
    const [c = ''] = bench.starts();
    assert.equal(bench.find(c)?.release, 'sha256:1');
    assert.deepEqual(bench.rotation(), { [b]: 'ready' });
  });

  test('that is the one before again keeps what serves and lets the failed one go', () => {
    const [a = ''] = bench.up(1);
    bench.send({ kind: 'apply', version: version(1, 'sha256:2') });
    bench.starts();
    bench.send({ kind: 'apply', version: version(1, 'sha256:1') });
    assert.deepEqual(bench.starts(), []);
    assert.deepEqual(bench.rotation(), { [a]: 'ready' });
    assert.equal(bench.state.rollout.kind, 'done');
  });

  test('that only scales or is watched in another way replaces nothing', () => {
    const ids = bench.up(2);
    bench.send({ kind: 'apply', version: version(3, 'sha256:1') });
    assert.equal(bench.starts().length, 1);
    assert.deepEqual(Object.keys(bench.rotation()), ids);
  });
});
