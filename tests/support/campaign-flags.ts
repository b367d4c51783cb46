import assert from 'node:assert/strict';
import type { FlagStatus } from '../../src/contract/flag-status.ts';
import type { FlagDefinition, FlagsRecord, SetFlag } from '../../src/contract/flags.ts';
import { deriveAll } from '../../src/derive/all.ts';
import { describeFlags } from '../../src/flags/describe-flags.ts';
import { campaignModel } from './campaign-model.ts';

const nowMs = Date.parse('2026-11-03T18:20:31.000Z');

const written: Readonly<Record<string, FlagDefinition>> = {
  'goal-cents': {
    state: 'ENABLED',
    variants: { first: 60_000_000, second: 75_000_000 },
    defaultVariant: 'second',
    metadata: { why: 'the first was met on Sunday' },
  },
  'call-script': {
    state: 'ENABLED',
    variants: { long: `Hello, my name is … ${'and I am calling for Rosa Marlowe. '.repeat(8)}` },
    defaultVariant: 'long',
    targeting: { if: [{ '==': [{ var: 'district' }, 7] }, 'long', null] },
  },
};

/** The flags of the campaign: on a good day as they are written, on a bad one two set by hand. */
export function campaignFlags(isBad = false): readonly FlagStatus[] {
  const derivation = deriveAll(campaignModel());
  assert.ok(derivation.ok);
  const { flags, policies } = derivation.derived;
  const record: FlagsRecord = {
    document: { ...flags, flags: { ...written, ...flags.flags } },
    from: 'flags.yaml',
    changes: { 'goal-cents': { atMs: nowMs - 172_800_000, who: 'flags.yaml, of ada' } },
  };
  const [first] = policies.features;
  assert.ok(first !== undefined);
  const by = { atMs: nowMs - 60_000, who: 'cli:ada', why: 'the database is hot', variant: null };
  const set: Readonly<Record<string, SetFlag>> = {
    [first.feature]: { ...by, value: 'closed', expiresMs: nowMs + 7_200_000 },
    'goal-cents': { ...by, value: 90_000_000, expiresMs: null },
  };
  return describeFlags(record, { flags: isBad ? set : {} }, policies.features, nowMs);
}
