import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testSeed } from '../../../../tests/support/seed.ts';
import { createTraceIds, isTraceparent } from './trace-ids.ts';

const { randomness } = testSeed('trace ids');

test('of many ids none comes twice, and each is one of W3C, also where some are passed on', () => {
  const ids = createTraceIds(randomness);
  const seen = new Set<string>();
  for (let n = 0; n < 20_000; n++) {
    const trace = ids.make();
    assert.match(trace.id, /^(?!0{32})[0-9a-f]{32}$/);
    seen.add(trace.id);
    // Not each goes on to a service: what is left of those written ahead is not used twice.
    if (n % 3 !== 0) continue;
    const { traceparent } = trace;
    assert.ok(isTraceparent(traceparent), traceparent);
    assert.equal(traceparent.slice(3, 35), trace.id);
    assert.equal(trace.traceparent, traceparent);
    seen.add(traceparent.slice(36, 52));
  }
  assert.equal(seen.size, 20_000 + Math.ceil(20_000 / 3));
});

test('two workers do not make the same ids', () => {
  const made = [createTraceIds(randomness), createTraceIds(randomness)];
  assert.equal(new Set(made.map((ids) => ids.make().id)).size, 2);
});
