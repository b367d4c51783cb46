import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FlagdCore } from '@openfeature/flagd-core';
import type { Flags } from '../../manifest/flags-model.ts';
import type { Model } from '../../manifest/model.ts';
import { deriveFlags } from './derive-flags.ts';

const flags: Flags = {
  flags: {
    board: {
      state: 'ENABLED',
      variants: { on: true, off: false },
      defaultVariant: 'off',
      targeting: { if: [{ $ref: 'staff' }, 'on', null] },
    },
    goal: { state: 'ENABLED', variants: { usual: 500 }, defaultVariant: null, targeting: null },
  },
  evaluators: { staff: { ends_with: [{ var: 'email' }, '@example.org'] } },
};

test('the document is one that flagd takes, with its shared rules', () => {
  const core = new FlagdCore(undefined, undefined, { disableDynamicCodeGeneration: true });
  core.setConfigurations(JSON.stringify(deriveFlags({ flags } as Model)));
  const ask = (email: string): boolean =>
    core.resolveBooleanEvaluation('board', false, { email }).value;
  assert.equal(ask('ada@example.org'), true);
  assert.equal(ask('ada@elsewhere.example'), false);
});

test('a flag without a default variant leaves the value to the code', () => {
  assert.deepEqual(deriveFlags({ flags } as Model).flags['goal'], {
    state: 'ENABLED',
    variants: { usual: 500 },
  });
});
