import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { eventually } from '../../support/eventually.ts';
import { startEdgeSite } from '../../support/edge-site.ts';
import { testSeed } from '../../support/seed.ts';

const testers = (more: string): string => `
turnout: 1
rules:
  - name: testers
    when: 'request.method == "POST" && request.path == "/api/donations"'
    deceive:
      replies:
        - { weight: 3, status: 201, body: '{"id":"1"}', headers: { content-type: text/json } }
        - { status: 402 }
    ${more}
`;
const post = { method: 'POST', body: 'card=4000' } as const;

describe('a rule that deceives', () => {
  it('only observes at first: counts, and keeps what it would have done', async () => {
    await using site = await startEdgeSite(testers('expires: 2099-01-01T00:00:00Z'));
    for (let n = 0; n < 60; n++) {
      const answer = await site.ask('/api/donations', { ...post, address: '203.0.113.7' });
      assert.equal(answer.status, 200);
    }
    const { hits, observed, mode, observations } = site.stats('testers');
    assert.deepEqual([hits, observed, mode, site.origin.requests], [60, 60, 'observe', 60]);
    assert.equal(observations.length, 50, 'a bounded sample');
    const { request, atMs, ...newest } = observations.at(-1) ?? { request: '', atMs: 0 };
    assert.deepEqual(newest, {
      method: 'POST',
      host: 'site.example',
      path: '/api/donations',
      address: '203.0.113.7',
      would: 'answer 201 or 402',
    });
    assert.ok(request !== '' && Math.abs(Date.now() - atMs) < 60_000);
  });

  it('draws its answers by their weights, and reaches no service', async () => {
    const { randomness } = testSeed('deceptions');
    await using site = await startEdgeSite(testers('mode: enforce'), { randomness });
    const counted = new Map<number, number>();
    for (let n = 0; n < 200; n++) {
      const { status, body, headers } = await site.ask('/api/donations', post);
      counted.set(status, (counted.get(status) ?? 0) + 1);
      assert.equal(body, status === 201 ? '{"id":"1"}' : '');
      assert.equal(headers['cache-control'], 'no-store');
      if (status === 201) assert.equal(headers['content-type'], 'text/json');
    }
    assert.deepEqual([...counted.keys()].sort(), [201, 402]);
    // 150 of 200, give or take five standard deviations.
    assert.ok(Math.abs((counted.get(201) ?? 0) - 150) <= 31, JSON.stringify([...counted]));
    assert.equal(site.origin.requests, 0);
  });

  it('answers after its delay', async () => {
    await using site = await startEdgeSite(
      testers('mode: enforce').replace('deceive:', 'deceive:\n      delay: 200ms'),
    );
    const begunMs = performance.now();
    await site.ask('/api/donations', post);
    assert.ok(performance.now() - begunMs >= 200);
  });

  it('stops at its moment by itself', async () => {
    const inAWhile = new Date(Math.ceil(Date.now() / 1_000) * 1_000 + 2_000);
    const expires = inAWhile.toISOString().replace('.000', '');
    await using site = await startEdgeSite(testers(`mode: enforce\n    expires: ${expires}`));
    assert.notEqual((await site.ask('/api/donations', post)).status, 200);
    await eventually('the rule has expired', async () => {
      return (await site.ask('/api/donations', post)).status === 200;
    });
    assert.ok(Date.now() >= inAWhile.getTime());
  });
});

describe('a rule that limits', () => {
  const yaml = `
turnout: 1
rules:
  - { name: sign-in, when: 'request.path == "/sign-in"', rate-limit: { rate: 1/m, burst: 2 } }
  - name: by-token
    when: 'request.path == "/token"'
    rate-limit: { rate: 1/m, burst: 1, key: 'request.headers["x-token"]' }
  - name: seen
    when: 'request.path == "/seen"'
    mode: observe
    rate-limit: { rate: 1/m, burst: 1 }
`;

  it('answers 429 above its rate, and says when to come again', async () => {
    await using site = await startEdgeSite(yaml);
    const statuses: number[] = [];
    for (let n = 0; n < 3; n++) statuses.push((await site.ask('/sign-in')).status);
    assert.deepEqual(statuses, [200, 200, 429]);
    const { headers, body } = await site.ask('/sign-in');
    assert.equal(headers['content-type'], 'application/problem+json');
    assert.equal((JSON.parse(body) as { code: string }).code, 'too-many-requests');
    const seconds = Number(headers['retry-after']);
    assert.ok(seconds > 50 && seconds <= 60, String(seconds));
    assert.equal(headers['ratelimit-policy'], '"sign-in";q=2;w=120');
    assert.equal(headers['ratelimit'], `"sign-in";r=0;t=${seconds}`);
    const other = await site.ask('/sign-in', { address: '192.0.2.99' });
    assert.equal(other.status, 200, 'another client is not held back');
    assert.equal(site.stats('sign-in').limited, 2);
  });

  it('counts a whole /64 of IPv6 as one client', async () => {
    await using site = await startEdgeSite(yaml);
    const statuses: number[] = [];
    for (const host of ['1', '2', 'ffff:1', 'a:b:c:d']) {
      const address = `2001:db8:1:2:${host.includes(':') && host.length > 6 ? '' : ':'}${host}`;
      statuses.push((await site.ask('/sign-in', { address })).status);
    }
    assert.deepEqual(statuses, [200, 200, 429, 429]);
    assert.equal((await site.ask('/sign-in', { address: '2001:db8:1:3::1' })).status, 200);
  });

  it('counts by any key; who has none is let through, and counted as an error', async () => {
    await using site = await startEdgeSite(yaml);
    const withToken = async (token: string): Promise<number> =>
      (await site.ask('/token', { headers: { 'x-token': token } })).status;
    assert.deepEqual(
      [await withToken('a'), await withToken('a'), await withToken('b')],
      [200, 429, 200],
    );
    assert.deepEqual([(await site.ask('/token')).status, site.stats('by-token').errors], [200, 1]);
  });

  it('in observe counts whom it would have held back', async () => {
    await using site = await startEdgeSite(yaml);
    for (let n = 0; n < 3; n++) assert.equal((await site.ask('/seen')).status, 200);
    const { observed, limited, observations } = site.stats('seen');
    assert.deepEqual([observed, limited], [3, 2]);
    assert.deepEqual(
      observations.map(({ would }) => would),
      ['respond 429', 'respond 429'],
    );
  });

  it('goes on counting under a new configuration where it stays as it was', async () => {
    await using site = await startEdgeSite(yaml);
    for (let n = 0; n < 2; n++) await site.ask('/sign-in');
    await site.change(yaml.replace('/seen', '/else'));
    assert.equal((await site.ask('/sign-in')).status, 429);
    assert.equal(site.stats('sign-in').hits, 3);
    await site.change(yaml.replace('burst: 2', 'burst: 5'));
    assert.equal((await site.ask('/sign-in')).status, 200, 'another limit begins anew');
  });
});
