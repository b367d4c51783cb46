import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { describe, it } from 'node:test';
import { createSimulatedClock } from '../../../src/adapters/simulated/clock.ts';
import { createSeededRandomness } from '../../../src/adapters/simulated/randomness.ts';
import type { Answer, RequestBody } from '../../../src/data-plane/exchange.ts';
import type { AnswerFailure } from '../../../src/data-plane/failure.ts';
import { header } from '../../../src/data-plane/exchange.ts';
import { Permit } from '../../../src/data-plane/gateway/shed/permit.ts';
import { ServiceLoad } from '../../../src/data-plane/gateway/shed/service-load.ts';
import { Shedder } from '../../../src/data-plane/gateway/shed/shedder.ts';

const good: Answer = { status: 200, headers: [], body: null };

/** A service with one instance that is given ten at a time, by one worker. */
class Rig {
  readonly clock = createSimulatedClock();
  readonly load = new ServiceLoad(0);
  readonly shedder = new Shedder({
    clock: this.clock,
    randomness: createSeededRandomness(7),
    services: () => [this],
  });
  instances: readonly unknown[] = [{}];

  ask(tier: 'core' | 'important' | 'sheddable', body: RequestBody | null = null): Answer | Permit {
    const load = this.load.feature({ feature: `f.${tier}`, tier }, 1_000);
    const route = { load, limitInFlight: 10, service: { endpoints: this.instances } };
    return this.shedder.admit(route, { id: 'r', request: { body } });
  }

  permit(tier: 'core' | 'important' | 'sheddable' = 'core', body: RequestBody | null = null) {
    const admitted = this.ask(tier, body);
    assert.ok(admitted instanceof Permit, 'it was turned away');
    return admitted;
  }

  fill(): void {
    while (this.ask('core') instanceof Permit);
  }

  get inFlight(): number {
    return this.load.room.inFlight;
  }
}

function failedBy(cause: AnswerFailure['cause']): Answer {
  return {
    ...good,
    status: 504,
    problem: 'x',
    failure: { cause, need: null, reached: true },
  };
}

describe('who is turned away', () => {
  it('is told when to come back, not all at once, and those that matter less later', () => {
    const rig = new Rig();
    rig.fill();
    assert.equal(rig.inFlight, 10);
    for (const [tier, least, most] of [
      ['core', 1, 3],
      ['important', 2, 8],
      ['sheddable', 5, 20],
    ] as const) {
      const told = Array.from({ length: 200 }, () => {
        const answer = rig.ask(tier);
        assert.ok(!(answer instanceof Permit));
        assert.equal(answer.status, 503);
        assert.equal(answer.problem, 'overloaded');
        assert.deepEqual(answer.failure, { cause: 'shed', need: null, reached: false });
        assert.match(header(answer.headers, 'proxy-status') ?? '', /connection_limit_reached/);
        return Number(header(answer.headers, 'retry-after'));
      });
      assert.equal(Math.min(...told), least);
      assert.equal(Math.max(...told), most);
    }
  });

  it('is counted by feature, as one time of shedding until ten seconds are quiet', async () => {
    const rig = new Rig();
    rig.fill();
    rig.ask('sheddable');
    await rig.clock.advance(1_000);
    const of = (): { shed: number; sinceMs: number | null } | undefined =>
      rig.load.stats('f').features.find(({ tier }) => tier === 'sheddable');
    const { sinceMs } = of() ?? {};
    assert.equal(of()?.shed, 1);
    assert.equal(typeof sinceMs, 'number');
    rig.ask('sheddable');
    await rig.clock.advance(9_000);
    assert.equal(of()?.sinceMs, sinceMs);
    await rig.clock.advance(2_000);
    assert.equal(of()?.sinceMs, null);
  });

  it('is nobody where no instance is left: the attempt says so in its own words', () => {
    const rig = new Rig();
    rig.fill();
    rig.instances = [];
    rig.load.room.end(0);
    assert.ok(rig.ask('core') instanceof Permit);
  });
});

describe('leave to ask a service', () => {
  it('is given back with the head of the answer, whatever comes behind it', async () => {
    const rig = new Rig();
    const body = new PassThrough();
    const answer = await rig.permit().through(Promise.resolve({ ...good, body }));
    assert.equal(answer.body, body);
    assert.equal(rig.inFlight, 0);
    await rig
      .permit()
      .through(Promise.resolve({ ...good, status: 101, tunnel: new PassThrough() }));
    assert.equal(rig.inFlight, 0);
  });

  it('is given back once, also by an answer at once and by a defect of ours', async () => {
    const rig = new Rig();
    const permit = rig.permit();
    permit.through(good);
    permit.done(good);
    assert.equal(rig.inFlight, 0);
    await assert.rejects(async () => {
      await rig.permit().through(Promise.reject(new Error('a defect')));
    });
    assert.equal(rig.inFlight, 0);
  });

  it('takes no room while its body is still on the way', async () => {
    const rig = new Rig();
    const stream = new PassThrough();
    const permit = rig.permit('core', { lengthBytes: 3, stream, trailers: () => [] });
    assert.equal(rig.inFlight, 0);
    stream.resume();
    stream.end('abc');
    await new Promise((resolve) => void stream.once('close', resolve));
    assert.equal(rig.inFlight, 1);
    permit.done(good);
    assert.equal(rig.inFlight, 0);
  });

  it('never takes room where it was answered before all of its body was there', async () => {
    const rig = new Rig();
    const stream = new PassThrough();
    rig.permit('core', { lengthBytes: 3, stream, trailers: () => [] }).done(good);
    stream.resume();
    stream.end('abc');
    await new Promise((resolve) => void stream.once('close', resolve));
    assert.equal(rig.inFlight, 0);
  });
});

describe('what an answer teaches', () => {
  /** Whether the limit comes down when so many of these come, a few at a time. */
  async function limitAfter(ms: number, answer: Answer, before = 20): Promise<number> {
    const rig = new Rig();
    for (let round = 0; round < 20; round++) {
      const permits = Array.from({ length: 4 }, () => rig.permit());
      await rig.clock.advance(before);
      for (const permit of permits) permit.done(good);
    }
    for (let round = 0; round < 12; round++) {
      const permits = [0, 1, 2].flatMap(() => {
        const admitted = rig.ask('core');
        return admitted instanceof Permit ? [admitted] : [];
      });
      await rig.clock.advance(ms);
      for (const permit of permits) permit.done(answer);
    }
    await rig.clock.advance(1_000);
    return rig.load.limit.limit;
  }

  it('is that the service is overloaded where it comes late', async () => {
    assert.ok((await limitAfter(1_000, failedBy('late'))) < 4);
    assert.ok((await limitAfter(900, good)) < 4);
  });

  it('is that it was too long where clients go away after a long wait', async () => {
    assert.ok((await limitAfter(500, { ...good, problem: 'bad-request' })) < 4);
  });

  it('is nothing where clients go away at once, or the service fails', async () => {
    assert.equal(await limitAfter(5, { ...good, problem: 'bad-request' }), 10);
    for (const cause of ['status', 'lost', 'unreached', 'open'] as const) {
      assert.equal(await limitAfter(900, failedBy(cause)), 10, cause);
    }
  });
});

describe('a worker that is itself behind', () => {
  it('turns away before anything goes out, what matters least first', async () => {
    const rig = new Rig();
    let nowMs = 0;
    const clock = { ...rig.clock, monotonicMs: () => nowMs };
    const shedder = new Shedder({
      clock,
      randomness: createSeededRandomness(7),
      services: () => [rig],
    });
    // The timer fires each 25 ms of its own time, while 150 ms go by each time.
    for (let n = 0; n < 20; n++) {
      nowMs += 150;
      await rig.clock.advance(25);
    }
    assert.equal(shedder.lagMs, 125);
    const refused = (['core', 'important', 'sheddable'] as const).map((tier) => {
      const load = rig.load.feature({ feature: `f.${tier}`, tier }, 1_000);
      const route = { load, limitInFlight: 1_000, service: { endpoints: [{}] } };
      const answers = Array.from({ length: 100 }, () =>
        shedder.admit(route, { id: 'r', request: { body: null } }),
      );
      return answers.filter((answer) => !(answer instanceof Permit)).length;
    });
    assert.deepEqual(refused.slice(0, 2), [0, 0]);
    assert.ok((refused[2] ?? 0) > 50, `${refused[2]} of 100 sheddable`);
  });
});
