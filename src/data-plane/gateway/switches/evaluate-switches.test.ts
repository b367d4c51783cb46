import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FlagdCore } from '@openfeature/flagd-core';
import * as fc from 'fast-check';
import { testSeed } from '../../../../tests/support/seed.ts';
import type { FlagDefinition } from '../../../contract/flags.ts';
import { readSwitchValue } from '../../../contract/switch-value.ts';
import type { JsonValue } from '../../../lib/json.ts';
import type { Exchange } from '../../exchange.ts';
import { evaluateSwitches } from './evaluate-switches.ts';
import { switchFor } from './feature-switch.ts';

type Asked = { readonly address: string; readonly method: string; readonly tags: string[] };

function exchangeOf({ address, method, tags }: Asked): Exchange {
  const request = { client: { address }, method, host: 'fair.example', path: '/', tags };
  return { request } as unknown as Exchange;
}

test('whatever the rule, a request is judged as flagd judges it, the first time and again', () => {
  const { seed } = testSeed('rules of switches');
  const condition = fc.oneof(
    fc.constantFrom<JsonValue>(
      { '==': [{ var: 'method' }, 'PUT'] },
      { starts_with: [{ var: 'address' }, '10.1'] },
      { ends_with: [{ var: ['targetingKey', ''] }, '7'] },
      { in: ['staff', { var: 'tags' }] },
      { $ref: 'writers' },
      { '==': [{ var: '$flagd.flagKey' }, 'shop.list'] },
      { '<': [{ var: '$flagd.timestamp' }, 0] },
      { missing: ['nothing'] },
      { some: [{ var: 'tags' }, { '==': [{ var: '' }, 'staff'] }] },
    ),
  );
  const chosen = fc.constantFrom<JsonValue>('on', 'closed', 'slow', null, 'nowhere', {
    fractional: [
      ['closed', 30],
      ['on', 70],
    ],
  });
  const rule = fc
    .tuple(condition, condition, chosen, chosen, chosen)
    .map(([a, b, x, y, z]): JsonValue => ({ if: [a, x, b, y, z] }));
  const asked = fc.record({
    address: fc.integer({ min: 0, max: 40 }).map((last) => `10.${last % 3}.0.${last}`),
    method: fc.constantFrom('GET', 'PUT'),
    tags: fc.constantFrom<string[]>([], ['staff']),
  });
  const variants = { on: 'on', closed: 'closed', slow: 'slow 20ms' };
  fc.assert(
    fc.property(rule, fc.array(asked, { maxLength: 30 }), (targeting, requests) => {
      const flag: FlagDefinition = { state: 'ENABLED', variants, defaultVariant: 'on', targeting };
      const $evaluators = { writers: { in: [{ var: 'method' }, ['PUT', 'POST']] } };
      const document = { flags: { 'shop.list': flag }, $evaluators };
      const core = new FlagdCore(undefined, undefined, { disableDynamicCodeGeneration: true });
      core.setConfigurations(JSON.stringify(document));
      const inForce = evaluateSwitches(document, ['shop.list']).get('shop.list') ?? null;
      for (const { address, method, tags } of [...requests, ...requests]) {
        const context = {
          targetingKey: address,
          address,
          method,
          host: 'fair.example',
          path: '/',
          tags,
        };
        const { value } = core.resolveStringEvaluation('shop.list', 'on', context, silent);
        const wanted = readSwitchValue(value);
        const got = switchFor({ inForce, untilMs: null }, exchangeOf({ address, method, tags }));
        assert.deepEqual(got ?? { kind: 'on' }, wanted);
      }
    }),
    { seed, numRuns: 300 },
  );
});

const silent = {
  error: () => undefined,
  warn: () => undefined,
  info: () => undefined,
  debug: () => undefined,
};
