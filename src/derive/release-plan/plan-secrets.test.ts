import assert from 'node:assert/strict';
import { test } from 'node:test';
import { siteModel, siteService } from '../../../tests/support/site-model.ts';
import type { Secret } from '../../manifest/model.ts';
import { derivePolicies } from '../policies/derive-policies.ts';
import { deriveReleasePlan } from './derive-release-plan.ts';

function derived(services: Readonly<Record<string, readonly Secret[]>>) {
  const model = siteModel(
    Object.entries(services).map(([name, secrets]) => siteService(name, { secrets: [...secrets] })),
  );
  const { value, problems } = deriveReleasePlan(model, derivePolicies(model));
  const plans = value.services.map(({ service, secrets }) => [
    service,
    secrets.map(({ name, generate }) => `${name} ${generate}`),
  ]);
  return { plans: Object.fromEntries(plans) as unknown, codes: problems.map(({ code }) => code) };
}

test('who makes a key pair has both halves, and others the one that they list', () => {
  const { plans, codes } = derived({
    calls: [{ name: 'SESSION_KEY_PUBLIC', generate: null }],
    identity: [{ name: 'SESSION_KEY', generate: 'key-pair' }],
    admin: [{ name: 'SESSION_KEY', generate: null }],
  });
  assert.deepEqual(plans, {
    calls: ['SESSION_KEY_PUBLIC public-half'],
    identity: ['SESSION_KEY key-pair', 'SESSION_KEY_PUBLIC public-half'],
    admin: ['SESSION_KEY key-pair'],
  });
  assert.deepEqual(codes, []);
});

test('a service may list the public half of its own pair', () => {
  const { plans, codes } = derived({
    identity: [
      { name: 'SESSION_KEY', generate: 'key-pair' },
      { name: 'SESSION_KEY_PUBLIC', generate: null },
    ],
  });
  assert.deepEqual(plans, {
    identity: ['SESSION_KEY key-pair', 'SESSION_KEY_PUBLIC public-half'],
  });
  assert.deepEqual(codes, []);
});

test('a name that only ends like a public half is a secret as any other', () => {
  const { plans } = derived({
    calls: [{ name: 'NOTHING_PUBLIC', generate: null }],
    identity: [{ name: 'NOTHING', generate: 'random' }],
  });
  assert.deepEqual(plans, { calls: ['NOTHING_PUBLIC null'], identity: ['NOTHING random'] });
});

test('a secret that would be made in two ways is refused', () => {
  const twoWays = derived({
    a: [{ name: 'KEY', generate: 'random' }],
    b: [{ name: 'KEY', generate: 'key-pair' }],
  });
  const half = derived({
    a: [{ name: 'KEY', generate: 'key-pair' }],
    b: [{ name: 'KEY_PUBLIC', generate: 'random' }],
  });
  assert.deepEqual([twoWays.codes, half.codes], [['secret-made-twice'], ['secret-made-twice']]);
});
