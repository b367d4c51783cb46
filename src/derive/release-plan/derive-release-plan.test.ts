import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fixedService, siteModel, siteService } from '../../../tests/support/site-model.ts';
import type { Job, Model, Service } from '../../manifest/model.ts';
import { derivePolicies } from '../policies/derive-policies.ts';
import { deriveReleasePlan } from './derive-release-plan.ts';

function releasePlanOf(model: Model) {
  return deriveReleasePlan(model, derivePolicies(model));
}

function problemsOf(service: Service) {
  return releasePlanOf(siteModel([service])).problems.map(({ code, message }) => [code, message]);
}

describe('the plan holds what must be stood up, and nothing else', () => {
  it('leaves out services that stand at addresses of their own', () => {
    const { value } = releasePlanOf(siteModel([fixedService('old'), siteService('shop')]));
    assert.deepEqual(
      value.services.map(({ service }) => service),
      ['shop'],
    );
  });
});

describe('every variable in the environment of an instance means one thing', () => {
  it('refuses two needs that become one variable', () => {
    const service = siteService('shop', {
      needs: [
        {
          kind: 'postgres',
          name: 'main-db',
          resource: 'a',
          timeoutMs: 2_000,
          inFlight: 10,
          reads: 'replica',
        },
        {
          kind: 'postgres',
          name: 'main.db',
          resource: 'b',
          timeoutMs: 2_000,
          inFlight: 10,
          reads: 'replica',
        },
      ],
    });
    assert.deepEqual(problemsOf(service), [
      [
        'environment-name-taken',
        'the need main.db and the need main-db would both set ' +
          'the environment variable NEED_MAIN_DB_URL',
      ],
    ]);
  });

  for (const name of ['PORT', 'HOST', 'TURNOUT_SITE', 'TURNOUT_SOMETHING_NEW']) {
    it(`refuses a secret and a setting named ${name}`, () => {
      const [secret] = problemsOf(siteService('shop', { secrets: [{ name, generate: null }] }));
      const [setting] = problemsOf(siteService('shop', { environment: { [name]: '1' } }));
      assert.match(secret?.[1] ?? '', /^the secret .* and Turnout itself/);
      assert.match(setting?.[1] ?? '', /^the setting .* and Turnout itself/);
    });
  }

  it('refuses a setting that is a secret too, and a secret that hides a need', () => {
    const service = siteService('shop', {
      secrets: ['KEY', 'NEED_DB_URL'].map((name) => ({ name, generate: null })),
      environment: { KEY: 'open' },
      needs: [
        {
          kind: 'postgres',
          name: 'db',
          resource: 'a',
          timeoutMs: 2_000,
          inFlight: 10,
          reads: 'replica',
        },
      ],
    });
    assert.deepEqual(
      problemsOf(service).map(([code]) => code),
      ['environment-name-taken', 'environment-name-taken'],
    );
  });
});

describe('nothing is promised to a service that stands at addresses of its own', () => {
  it('refuses its secrets and settings, which could never reach it', () => {
    const service = fixedService('old', {
      secrets: [{ name: 'KEY', generate: null }],
      environment: { MODE: 'dark' },
    });
    assert.deepEqual(problemsOf(service), [
      [
        'never-delivered',
        'the secret KEY would never reach it: ' +
          'Turnout does not run old, which stands at addresses of its own',
      ],
      [
        'never-delivered',
        'the setting MODE would never reach it: ' +
          'Turnout does not run old, which stands at addresses of its own',
      ],
    ]);
  });

  it('refuses its migrations and jobs, which could never run', () => {
    const { release } = siteService('old');
    const job: Job = {
      name: 'receipts',
      schedule: { kind: 'every', everyMs: 60_000 },
      command: ['node', 'receipts.js'],
      deadlineMs: 60_000,
      overlap: 'skip',
    };
    const service = fixedService('old', {
      release: { ...release, before: ['node', 'migrate.js'] },
      jobs: [job],
    });
    assert.deepEqual(
      problemsOf(service).map(([code]) => code),
      ['never-run', 'never-run'],
    );
  });
});
