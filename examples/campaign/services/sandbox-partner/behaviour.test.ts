import assert from 'node:assert/strict';
import { test } from 'node:test';
import { misbehave, readBehaviour } from './behaviour.ts';

const patient = new AbortController().signal;

test('a behaviour is a mode and a time, a minute unless told', () => {
  assert.deepEqual(readBehaviour({ mode: 'slow', for: '90s' }), {
    kind: 'valid',
    value: { mode: 'slow', forMs: 90_000 },
  });
  assert.deepEqual(readBehaviour({ mode: 'hang' }), {
    kind: 'valid',
    value: { mode: 'hang', forMs: 60_000 },
  });
});

test('no behaviour lasts longer than an hour, or forever', () => {
  for (const wrong of ['2h', '0s', '', 'forever', '-1s', 5]) {
    assert.equal(readBehaviour({ mode: 'slow', for: wrong }).kind, 'invalid', String(wrong));
  }
});

test('an unknown mode is refused', () => {
  assert.equal(readBehaviour({ mode: 'sulk' }).kind, 'invalid');
});

test('well gives way to the answer; error and garbage stand in its place', async () => {
  assert.equal(await misbehave('well', patient), null);
  assert.equal((await misbehave('error', patient))?.status, 503);
  const garbage = await misbehave('garbage', patient);
  assert.equal(garbage?.status, 200);
  assert.match((await garbage?.text()) ?? '', /^<html>/);
});

test('a client that hangs up is not waited for', async () => {
  const client = new AbortController();
  const hanging = misbehave('hang', client.signal);
  client.abort();
  assert.equal(await hanging, null);
});
