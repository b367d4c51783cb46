import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  fixedService,
  siteFeature,
  siteModel,
  siteService,
} from '../../../tests/support/site-model.ts';
import type { Rung } from '../../manifest/feature-model.ts';
import { derivePolicies } from './derive-policies.ts';

function methodsOf(routes: readonly string[], rung: Rung): readonly string[] | undefined {
  const ladder = [{ need: null, rungs: [rung] }];
  const model = siteModel([
    siteService('shop', { features: [siteFeature('buy', routes, { ladder })] }),
  ]);
  return derivePolicies(model).features[0]?.ladder[0]?.rungs[0]?.methods;
}

describe('every rung says for which methods it is taken', () => {
  const stale: Rung = { kind: 'stale', forMs: 1000, methods: null };
  const queue: Rung = { kind: 'queue', forMs: 1000, by: 'body.email', methods: null };
  const closed: Rung = { kind: 'closed', methods: null };

  it('gives kept answers to reads only', () => {
    assert.deepEqual(methodsOf(['GET /a', 'POST /a'], stale), ['GET', 'HEAD']);
    assert.deepEqual(methodsOf(['ANY /a'], { kind: 'static', file: 'a.json', methods: null }), [
      'GET',
      'HEAD',
    ]);
  });

  it('queues and refuses writes only', () => {
    assert.deepEqual(methodsOf(['GET /a', 'POST /a', 'DELETE /a/:id'], queue), ['POST', 'DELETE']);
    assert.deepEqual(methodsOf(['GET /a', 'PUT /a'], { kind: 'read-only', methods: null }), [
      'PUT',
    ]);
  });

  it('answers all that the routes answer: GET brings HEAD, ANY what is known', () => {
    assert.deepEqual(methodsOf(['GET /a', 'POST /a'], closed), ['GET', 'HEAD', 'POST']);
    assert.deepEqual(methodsOf(['ANY /a'], closed), [
      'GET',
      'HEAD',
      'POST',
      'PUT',
      'PATCH',
      'DELETE',
      'OPTIONS',
      'QUERY',
    ]);
  });

  it('keeps a method that only this feature names', () => {
    assert.deepEqual(methodsOf(['REPORT /a', 'GET /a'], closed), ['GET', 'HEAD', 'REPORT']);
  });

  it('obeys the methods that the manifest names', () => {
    const rung: Rung = { kind: 'closed', methods: ['POST'] };
    assert.deepEqual(methodsOf(['GET /a', 'POST /a'], rung), ['POST']);
  });

  it('takes GET to mean HEAD too, and a method of ANY that only the manifest knows', () => {
    assert.deepEqual(methodsOf(['GET /a', 'POST /a'], { kind: 'closed', methods: ['GET'] }), [
      'GET',
      'HEAD',
    ]);
    assert.deepEqual(methodsOf(['ANY /a'], { kind: 'closed', methods: ['PROPFIND'] }), [
      'PROPFIND',
    ]);
  });
});

describe('a need says where it is met and what it may cost', () => {
  it('waits for another feature as long as that feature may take', () => {
    const model = siteModel([
      siteService('shop', {
        needs: [
          {
            kind: 'feature',
            name: 'identity',
            service: 'people',
            feature: 'sign-in',
            timeoutMs: null,
            inFlight: 32,
          },
        ],
      }),
      siteService('people', {
        features: [
          siteFeature('sign-in', ['POST /sign-in'], {
            limits: { deadlineMs: 1500, bodyBytes: 1024, inFlight: null },
          }),
        ],
      }),
    ]);
    assert.deepEqual(derivePolicies(model).services[0]?.needs, [
      {
        need: 'identity',
        kind: 'feature',
        target: 'people.sign-in',
        timeoutMs: 1500,
        inFlight: 32,
        reads: [],
      },
    ]);
  });

  it('gives fixed addresses only to a service that does not run here', () => {
    const model = siteModel([fixedService('old'), siteService('shop')]);
    assert.deepEqual(
      derivePolicies(model).services.map(({ service, origins }) => [service, origins]),
      [
        ['old', ['http://10.0.0.5:8080']],
        ['shop', null],
      ],
    );
  });
});
