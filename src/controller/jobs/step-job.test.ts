import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';
import type { JobPlan } from '../../derive/release-plan/release-plan.ts';
import { noteJob } from './describe-job.ts';
import { emptyJob } from './job-state.ts';
import type { JobContext, JobEffect, JobEvent, JobState } from './job-state.ts';
import { dueMoment, stepJob } from './step-job.ts';

const minute = 60_000;
const hour = 60 * minute;
/** A Thursday. */
const noon = Date.UTC(2026, 9, 1, 12);
const named = { service: 'donations', job: 'receipts' };

function every(ms: number, more: Partial<JobPlan> = {}): JobPlan {
  const schedule = { kind: 'every', everyMs: ms } as const;
  return { job: 'receipts', schedule, command: ['x'], deadlineMs: hour, overlap: 'skip', ...more };
}

/** One job on a clock of its own; ids count up. */
class Bench {
  nowMs = noon;
  state: JobState = emptyJob(noon);
  plan: JobPlan | null = every(minute);
  release: string | null = 'sha256:1';
  effects: JobEffect[] = [];
  #ids = 0;

  context(): JobContext {
    const { nowMs, plan, release } = this;
    const newId = () => `run-${(this.#ids += 1)}`;
    return { nowMs, name: 'donations.receipts', plan, release, newId };
  }

  send(event: JobEvent): void {
    const { state, effects } = stepJob(this.state, event, this.context());
    this.state = state;
    this.effects.push(...effects);
  }

  /** Ticks each second for so long. */
  pass(ms: number): void {
    const endMs = this.nowMs + ms;
    while (this.nowMs < endMs) {
      this.nowMs = Math.min(endMs, this.nowMs + 1_000);
      this.send({ kind: 'tick' });
    }
  }

  /** Nobody ticks for so long; then somebody does. */
  outage(ms: number): void {
    this.nowMs += ms;
    this.send({ kind: 'tick' });
  }

  of(kind: 'start' | 'stop'): readonly string[] {
    const ids = this.effects.flatMap((effect) => (effect.kind === kind ? [effect.id] : []));
    this.effects = this.effects.filter((effect) => effect.kind !== kind);
    return ids;
  }

  finish(id: string, code: number | null = 0): void {
    this.send({ kind: 'started', id });
    this.send({ kind: 'ended', id, exit: { code, signal: null }, lastLines: ['bad luck'] });
  }

  journal(): readonly string[] {
    return this.effects.flatMap((effect) => (effect.kind === 'record' ? [effect.entry.kind] : []));
  }
}

let bench: Bench;
beforeEach(() => {
  bench = new Bench();
  bench.send({ kind: 'tick' });
});

describe('a job that runs every minute', () => {
  test('runs first after one minute, and then once a minute', () => {
    bench.pass(59_000);
    assert.deepEqual(bench.of('start'), []);
    bench.pass(1_000);
    assert.deepEqual(bench.of('start'), ['run-1']);
    bench.finish('run-1');
    bench.pass(59_000);
    assert.deepEqual(bench.of('start'), []);
    bench.pass(1_000);
    assert.deepEqual(bench.of('start'), ['run-2']);
  });

  test('keeps its rhythm however long a run takes', () => {
    bench.pass(minute);
    bench.pass(20_000);
    bench.finish('run-1');
    bench.pass(40_000);
    assert.equal(bench.state.running[0]?.momentMs, noon + 2 * minute);
  });

  test('runs once, told late, for all the moments that nobody was there for', () => {
    bench.pass(minute);
    bench.finish('run-1');
    bench.of('start');
    bench.outage(10 * minute + 30_000);
    assert.deepEqual(bench.of('start'), ['run-2']);
    bench.finish('run-2');
    assert.equal(bench.state.ended[0]?.late, true);
    assert.equal(bench.state.ended[0]?.momentMs, noon + 2 * minute);
    bench.pass(30_000);
    assert.deepEqual(bench.of('start'), ['run-3'], 'and then goes on in its old rhythm');
  });

  test('is neither forgotten nor doubled by a restart between two moments', () => {
    bench.pass(minute);
    bench.finish('run-1');
    bench.of('start');
    bench.state = JSON.parse(JSON.stringify(bench.state)) as JobState;
    bench.outage(59_000);
    assert.deepEqual(bench.of('start'), []);
    bench.outage(1_000);
    assert.deepEqual(bench.of('start'), ['run-2']);
    bench.state = JSON.parse(JSON.stringify(bench.state)) as JobState;
    bench.outage(1_000);
    assert.deepEqual(bench.of('start'), []);
  });

  test('waits for a release, and loses its moment by that no more than by an outage', () => {
    bench.release = null;
    bench.pass(3 * minute);
    assert.deepEqual(bench.of('start'), []);
    bench.release = 'sha256:1';
    bench.pass(1_000);
    assert.deepEqual(bench.of('start'), ['run-1']);
  });

  test('counts from now when its schedule is edited', () => {
    bench.pass(50_000);
    bench.plan = every(30_000);
    bench.pass(29_000);
    assert.deepEqual(bench.of('start'), []);
    bench.pass(2_000);
    assert.deepEqual(bench.of('start'), ['run-1']);
  });

  test('goes on when the clock was set back', () => {
    bench.pass(minute);
    bench.finish('run-1');
    bench.of('start');
    bench.nowMs -= 5 * hour;
    bench.pass(minute);
    assert.deepEqual(bench.of('start'), []);
    bench.pass(1_000);
    assert.deepEqual(bench.of('start'), ['run-2']);
  });

  test('is not started any more once the manifest has no such job', () => {
    bench.plan = null;
    bench.pass(hour);
    assert.deepEqual(bench.of('start'), []);
    assert.equal(dueMoment(bench.state, bench.context()), null);
  });
});

describe('a job by cron', () => {
  const daily = { kind: 'cron', cron: '0 4 * * *' } as const;

  test('runs at its moment in UTC', () => {
    bench.plan = every(0, { schedule: daily });
    bench.send({ kind: 'tick' });
    assert.equal(dueMoment(bench.state, bench.context()), noon + 16 * hour);
    bench.outage(16 * hour - 1);
    assert.deepEqual(bench.of('start'), []);
    bench.outage(1);
    assert.deepEqual(bench.of('start'), ['run-1']);
    bench.finish('run-1');
    assert.equal(bench.state.ended[0]?.late, false);
    assert.equal(dueMoment(bench.state, bench.context()), noon + 40 * hour);
  });

  test('runs once for a week of moments that were missed', () => {
    bench.plan = every(0, { schedule: daily });
    bench.send({ kind: 'tick' });
    bench.outage(7 * 24 * hour);
    bench.finish('run-1');
    bench.pass(minute);
    assert.deepEqual(bench.of('start'), ['run-1']);
    assert.equal(bench.state.ended[0]?.late, true);
  });

  test('a clock that ran far ahead and was set right holds it up for a day at most', () => {
    bench.plan = { ...every(minute), schedule: daily };
    bench.send({ kind: 'tick' });
    bench.nowMs = Date.UTC(2030, 0, 1);
    bench.send({ kind: 'tick' });
    bench.finish(bench.of('start')[0] ?? '');
    bench.nowMs = noon;
    bench.send({ kind: 'tick' });
    assert.deepEqual(bench.of('start'), [], 'what passed before is not run again');
    assert.equal(dueMoment(bench.state, bench.context()), noon + 16 * hour);
    bench.outage(16 * hour);
    assert.equal(bench.of('start').length, 1);
  });
});

describe('overlap', () => {
  test('skip: moments that pass while it runs are counted, and told once', () => {
    bench.pass(minute);
    bench.send({ kind: 'started', id: 'run-1' });
    bench.pass(5 * minute);
    assert.deepEqual(bench.of('start'), ['run-1']);
    assert.equal(bench.journal().filter((kind) => kind === 'job.skipped').length, 1);
    bench.finish('run-1');
    assert.equal(bench.state.ended[0]?.skipped, 5);
    bench.send({ kind: 'asked', who: 'cli' });
    bench.send({ kind: 'asked', who: 'cli' });
    assert.deepEqual(bench.of('start'), ['run-2'], 'a person cannot overlap it either');
  });

  test('allow: three at a time and no more', () => {
    bench.plan = every(minute, { overlap: 'allow' });
    bench.pass(10 * minute);
    assert.deepEqual(bench.of('start'), ['run-1', 'run-2', 'run-3']);
    bench.finish('run-2');
    bench.pass(minute);
    assert.deepEqual(bench.of('start'), ['run-4']);
  });
});

describe('how a run ends', () => {
  test('is stopped once at its deadline, and remembered so', () => {
    bench.plan = every(minute, { deadlineMs: 10_000 });
    bench.pass(minute);
    bench.send({ kind: 'started', id: 'run-1' });
    bench.pass(30_000);
    assert.deepEqual(bench.of('stop'), ['run-1']);
    bench.send({ kind: 'ended', id: 'run-1', exit: { code: 0, signal: null }, lastLines: [] });
    assert.equal(bench.state.ended[0]?.outcome, 'deadline');
  });

  test('is stopped again by a controller that finds it past its deadline', () => {
    bench.plan = every(minute, { deadlineMs: 10_000 });
    bench.pass(minute);
    bench.send({ kind: 'started', id: 'run-1' });
    bench.pass(11_000);
    bench.of('stop');
    bench.send({ kind: 'started', id: 'run-1' });
    bench.pass(1_000);
    assert.deepEqual(bench.of('stop'), ['run-1']);
  });

  test('three failures in a row are a note, and one success takes it off', () => {
    for (let n = 1; n <= 3; n += 1) {
      assert.deepEqual(noteJob(named, bench.state), []);
      bench.pass(minute);
      bench.finish(`run-${n}`, 3);
    }
    const [note] = noteJob(named, bench.state);
    assert.equal(note?.code, 'job-failing');
    assert.match(note.message, /failed 3 times in a row. Last: exit code 3\n {2}bad luck/);
    bench.pass(minute);
    bench.finish('run-4');
    assert.deepEqual(noteJob(named, bench.state), []);
  });

  test('an end that nobody saw is told so and counts neither way', () => {
    bench.pass(minute);
    bench.finish('run-1', 3);
    bench.pass(minute);
    bench.finish('run-2', null);
    assert.equal(bench.state.ended[0]?.outcome, 'unseen');
    assert.equal(bench.state.failuresInRow, 1);
  });

  test('fifty runs are kept, with the last lines of those that failed, cut to a bound', () => {
    for (let n = 1; n <= 60; n += 1) {
      bench.pass(minute);
      bench.send({
        kind: 'ended',
        id: `run-${n}`,
        exit: { code: n % 2, signal: null },
        lastLines: Array.from({ length: 100 }, () => 'x'.repeat(10_000)),
      });
    }
    assert.equal(bench.state.ended.length, 50);
    assert.equal(bench.state.ended[0]?.id, 'run-60');
    assert.deepEqual(bench.state.ended[0]?.lastLines, []);
    assert.ok(JSON.stringify(bench.state).length < 200_000);
  });
});
