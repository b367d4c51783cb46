import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FlagdCore } from '@openfeature/flagd-core';
import type { Flags } from '../../manifest/flags-model.ts';
import { deriveFlags } from './derive-flags.ts';

const flags: Flags = {
  flags: {
    board: {
      state: 'ENABLED',
      variants: { on: true, off: false },
      defaultVariant: 'off',
      targeting: { if: [{ $ref: 'staff' }, 'on', null] },
      metadata: {},
    },
    goal: {
      state: 'ENABLED',
      variants: { usual: 500 },
      defaultVariant: null,
      targeting: {},
      metadata: { owner: 'money' },
    },
  },
  evaluators: { staff: { ends_with: [{ var: 'email' }, '@example.org'] } },
};

test('the document is one that flagd takes, with its shared rules', () => {
  const core = new FlagdCore(undefined, undefined, { disableDynamicCodeGeneration: true });
  core.setConfigurations(JSON.stringify(deriveFlags(flags, [])));
  const ask = (email: string): boolean =>
    core.resolveBooleanEvaluation('board', false, { email }).value;
  assert.equal(ask('ada@example.org'), true);
  assert.equal(ask('ada@elsewhere.example'), false);
});

test('a flag without a default variant leaves the value to the code', () => {
  assert.deepEqual(deriveFlags(flags, []).flags['goal'], {
    state: 'ENABLED',
    variants: { usual: 500 },
    metadata: { owner: 'money' },
  });
});

test('a feature has a switch, on, with the rungs of its ladder, unless one is written', () => {
  const closed = { kind: 'closed', methods: ['GET'] } as const;
  const stale = { kind: 'stale', forMs: 1_000, methods: ['GET'] } as const;
  const ladder = [{ need: null, rungs: [stale, closed] }];
  const features = [
    { feature: 'shop.list', ladder },
    { feature: 'board', ladder },
  ];
  const document = deriveFlags(flags, features);
  assert.deepEqual(document.flags['shop.list'], {
    state: 'ENABLED',
    variants: { on: 'on', stale: 'stale', closed: 'closed' },
    defaultVariant: 'on',
    metadata: { written: false },
  });
  assert.deepEqual(document.flags['board']?.variants, { on: true, off: false });
  const core = new FlagdCore(undefined, undefined, { disableDynamicCodeGeneration: true });
  core.setConfigurations(JSON.stringify(document));
  assert.equal(core.resolveStringEvaluation('shop.list', 'none', {}).value, 'on');
});
