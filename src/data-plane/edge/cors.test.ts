import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { CorsPolicy } from '../../derive/routes/route-table.ts';
import { header } from '../exchange.ts';
import { preflightAnswer, withCors } from './cors.ts';

const policy: CorsPolicy = {
  origins: ['https://a.example'],
  methods: ['GET', 'POST'],
  headers: ['content-type'],
  expose: ['x-total'],
  credentials: true,
  maxAgeMs: 600_000,
};
const answer = {
  status: 200,
  headers: ['access-control-allow-origin', '*', 'content-type', 'text/plain'],
  body: null,
};

describe('a declared policy speaks instead of the service', () => {
  it('grants what it declares to an origin it names', () => {
    const granted = preflightAnswer(policy, 'https://a.example');
    assert.equal(granted.status, 204);
    assert.equal(header(granted.headers, 'access-control-allow-origin'), 'https://a.example');
    assert.equal(header(granted.headers, 'access-control-allow-methods'), 'GET, POST');
    assert.equal(header(granted.headers, 'access-control-max-age'), '600');
    const given = withCors(answer, policy, 'https://a.example');
    assert.equal(header(given.headers, 'access-control-allow-origin'), 'https://a.example');
    assert.equal(
      header(given.headers, 'access-control-expose-headers'),
      'x-total, service-health, retry-after, age, location',
    );
  });

  it('grants nothing to others, and takes out what the service granted', () => {
    const refused = preflightAnswer(policy, 'https://b.example');
    assert.equal(header(refused.headers, 'access-control-allow-origin'), undefined);
    const given = withCors(answer, policy, 'https://b.example');
    assert.equal(header(given.headers, 'access-control-allow-origin'), undefined);
    assert.equal(header(given.headers, 'content-type'), 'text/plain');
  });

  it('varies by Origin whoever asks, so that no cache mixes the answers', () => {
    for (const origin of [undefined, 'https://a.example', 'https://b.example']) {
      assert.equal(header(withCors(answer, policy, origin).headers, 'vary'), 'origin');
    }
  });

  it('says * only where no credentials are allowed', () => {
    const open = { ...policy, origins: ['*'] };
    assert.equal(
      header(withCors(answer, open, 'https://b.example').headers, 'access-control-allow-origin'),
      'https://b.example',
    );
    assert.equal(
      header(
        withCors(answer, { ...open, credentials: false }, 'https://b.example').headers,
        'access-control-allow-origin',
      ),
      '*',
    );
  });
});
