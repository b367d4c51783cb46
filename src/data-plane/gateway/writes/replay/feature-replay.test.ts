import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { testSeed } from '../../../../../tests/support/seed.ts';
import { FeatureReplay } from './feature-replay.ts';
import { allowed, type GateState, newGate, stepGate, WIDEST } from './replay-gate.ts';

const { seed, randomness } = testSeed('replay');

interface Running {
  readonly id: string;
  readonly endMs: number;
  readonly wasWell: boolean;
}

/** A feature with writes that wait, in simulated time; each replay takes a moment. */
class World {
  nowMs = 0;
  isWell = true;
  readonly replay: FeatureReplay;
  readonly waiting = new Map<string, number>();
  readonly poisoned = new Set<string>();
  readonly setAside = new Map<string, string>();
  readonly doneAtMs: number[] = [];
  readonly triesAtMs: number[] = [];
  most = 0;
  readonly #running: Running[] = [];

  constructor(perSecond: number) {
    this.replay = new FeatureReplay(
      0,
      () => perSecond,
      () => randomness.fraction(),
    );
  }

  /** Goes on for so long in steps of 10 ms. */
  run(forMs: number, tookMs = 20): void {
    for (const endMs = this.nowMs + forMs; this.nowMs < endMs; this.nowMs += 10) {
      for (const one of this.#running.filter(({ endMs }) => endMs <= this.nowMs)) this.#end(one);
      let room = this.replay.room(this.nowMs);
      for (const [id, notBeforeMs] of this.waiting) {
        if (room === 0) break;
        const isUnderWay = this.#running.some((one) => one.id === id);
        if (isUnderWay || notBeforeMs > this.nowMs) continue;
        room -= 1;
        this.replay.sent();
        this.triesAtMs.push(this.nowMs);
        this.#running.push({ id, endMs: this.nowMs + tookMs, wasWell: this.isWell });
      }
      this.most = Math.max(this.most, this.#running.length);
    }
  }

  #end(one: Running): void {
    const { id, wasWell } = one;
    this.#running.splice(this.#running.indexOf(one), 1);
    this.replay.returned();
    if (wasWell && !this.poisoned.has(id)) {
      this.replay.answered(id);
      this.waiting.delete(id);
      this.doneAtMs.push(this.nowMs);
      return;
    }
    const next = this.replay.down(id, this.nowMs);
    if (next.kind === 'delay') this.waiting.set(id, this.nowMs + next.delayMs);
    else {
      this.waiting.delete(id);
      this.setAside.set(id, next.reason);
    }
  }
}

describe('the replay of a feature', () => {
  test('is a probe now and then while it is down, and all that waits once it is well', () => {
    const world = new World(100);
    for (let n = 0; n < 200; n += 1) world.waiting.set(`w${n}`, 0);
    world.isWell = false;
    world.run(3_600_000);
    // Some five seconds apart, by and by.
    assert.ok(world.triesAtMs.length < 1_000, `${world.triesAtMs.length} tries in an hour`);
    assert.equal(world.most, 1);
    assert.equal(world.setAside.size, 0);
    world.isWell = true;
    world.run(90_000);
    assert.equal(world.waiting.size, 0);
    assert.ok(world.most <= WIDEST);
  });

  test('goes no faster than it may', () => {
    const world = new World(20);
    for (let n = 0; n < 400; n += 1) world.waiting.set(`w${n}`, 0);
    world.run(10_000);
    assert.ok(world.doneAtMs.length <= 20 * 10 + 20, `${world.doneAtMs.length} in 10 s`);
    assert.ok(world.doneAtMs.length >= 20 * 10 * 0.8, `${world.doneAtMs.length} in 10 s`);
  });

  test('sets a poisoned write aside while others succeed, and stops for none of them', () => {
    const world = new World(5);
    for (let n = 0; n < 5; n += 1) {
      world.poisoned.add(`bad${n}`);
      world.waiting.set(`bad${n}`, 0);
    }
    for (let n = 0; n < 8_000; n += 1) world.waiting.set(`w${n}`, 0);
    world.run(1_200_000);
    assert.deepEqual([...world.setAside.keys()].sort(), [...world.poisoned].sort());
    assert.match(world.setAside.get('bad0') ?? '', /^failing: 8 times/);
    assert.ok(
      world.doneAtMs.length > (1_200_000 / 1_000) * 5 * 0.8,
      `${world.doneAtMs.length} done`,
    );
  });

  test('holds an outage against nobody, however long and often', () => {
    const world = new World(50);
    for (let turn = 0; turn < 100; turn += 1) {
      for (let n = 0; n < 10; n += 1) world.waiting.set(`${turn}.${n}`, world.nowMs);
      world.isWell = false;
      world.run(2_000 + randomness.integer(60_000));
      world.isWell = true;
      world.run(120_000);
      assert.equal(world.waiting.size, 0, `turn ${turn}, seed ${seed}`);
    }
    assert.equal(world.setAside.size, 0);
  });

  test('does not wait where a client’s own write has just gone well', () => {
    const world = new World(50);
    world.waiting.set('w', 0);
    world.isWell = false;
    world.run(600_000);
    world.isWell = true;
    world.waiting.set('new', world.nowMs);
    world.replay.seenWell(world.nowMs);
    world.run(100);
    assert.deepEqual([...world.waiting.keys()], ['w']);
    world.run(80_000);
    assert.equal(world.waiting.size, 0);
  });
});

test('the gate: at most one probe while it is not open, and never more than the widest', () => {
  let state: GateState = newGate;
  let nowMs = 0;
  for (let n = 0; n < 20_000; n += 1) {
    nowMs += randomness.integer(2_000);
    const kinds = ['sent', 'succeeded', 'failed', 'seen-well'] as const;
    const kind = kinds[randomness.integer(kinds.length)] ?? 'sent';
    state = stepGate(state, { kind, nowMs, jitter: randomness.fraction() });
    const most = allowed(state, nowMs);
    assert.ok(most <= (state.kind === 'open' ? WIDEST : 1), `seed ${seed}`);
    if (state.kind === 'closed') {
      // However long it goes on, it is tried again within the minute.
      assert.equal(allowed(state, nowMs + 60_000), 1, `seed ${seed}`);
    }
  }
});
