import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { type Answer, type Exchange, type ExchangeRequest, HeadMemo } from '../../exchange.ts';
import { LastGoodAnswers } from './last-good-answers.ts';

const hourMs = 3_600_000;

/** A store with a clock that goes when it is told to. */
function openStore() {
  const time = { ms: 1_000_000 };
  const clock = { nowMs: () => time.ms, monotonicMs: () => time.ms };
  const store = new LastGoodAnswers({ clock, limitBytes: 1024 * 1024, disk: null });
  const keep = (answer: Answer, path = '/') =>
    store.keep('public', asking(path), answer, hourMs, time.ms);
  const find = (staleMs = hourMs, path = '/') => {
    const found = store.find('public', asking(path), staleMs);
    assert.ok(!(found instanceof Promise));
    return found;
  };
  return { time, store, keep, find };
}

function asking(path: string): Exchange {
  const request = {
    method: 'GET',
    path,
    query: null,
    authority: 'site.example',
    headers: [],
    marks: 0,
    body: null,
    memo: new HeadMemo(),
    client: { scheme: 'https', forwardedHost: null },
  } as unknown as ExchangeRequest;
  return { id: 'r', request, inform: () => undefined, onAbandoned: () => undefined };
}

function good(body: string, ...headers: string[]): Answer {
  return { status: 200, headers, body: Buffer.from(body) };
}

describe('last good answers', () => {
  it('are given as long as the rung says, and not a moment longer', () => {
    const { time, keep, find } = openStore();
    keep(good('one'));
    time.ms += 60_000;
    assert.equal(String(find(60_000)?.body), 'one');
    assert.equal(find(60_000)?.rung?.ageMs, 60_000);
    time.ms += 1;
    assert.equal(find(60_000), null);
  });

  it('count the age that an answer had when it came', () => {
    const { find, keep } = openStore();
    keep(good('one', 'age', '90'));
    assert.equal(find(60_000), null);
    assert.equal(find(90_000)?.rung?.ageMs, 90_000);
  });

  it('are as good as new when the service says that nothing has changed', () => {
    const { time, keep, find } = openStore();
    keep(good('one', 'etag', '"a"'));
    time.ms += 50_000;
    keep({ status: 304, headers: ['etag', '"a"'], body: null });
    assert.equal(find(10_000)?.rung?.ageMs, 0);
    time.ms += 50_000;
    keep({ status: 304, headers: ['etag', '"b"'], body: null });
    keep({ status: 304, headers: [], body: null });
    assert.equal(find(10_000), null, 'another version is confirmed, or nobody knows which');
  });

  it('give way to a newer one, but are not written anew with each answer', () => {
    const { time, keep, find } = openStore();
    keep(good('one'));
    time.ms += 4_999;
    keep(good('two'));
    assert.equal(String(find()?.body), 'one');
    time.ms += 1;
    keep(good('three'));
    assert.equal(String(find()?.body), 'three');
  });

  it('stay when something is softly purged, and go when it is purged', () => {
    const { store, keep, find } = openStore();
    keep(good('one'));
    store.purge({ kind: 'path', path: '/', host: null, isPrefix: true }, true, 0);
    assert.equal(String(find()?.body), 'one');
    store.purge({ kind: 'path', path: '/', host: null, isPrefix: true }, false, 0);
    assert.equal(find(), null);
  });

  it('never take more than their share, however many addresses are asked for', () => {
    const { store, keep } = openStore();
    for (let i = 0; i < 2_000; i++) keep(good('x'.repeat(4_000)), `/${i}`);
    assert.ok(store.usage().bytes <= 1024 * 1024);
    assert.ok(store.usage().answers > 100);
    keep(good('x'.repeat(300_000)), '/long');
    assert.ok(store.usage().bytes <= 1024 * 1024);
  });
});
