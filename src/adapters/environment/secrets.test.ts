import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeSecrets } from '../../ports/secrets/contract.ts';
import { createEnvironmentSecrets } from './secrets.ts';

describeSecrets('the environment', {
  kind: 'read-only',
  async open(values) {
    const named = Object.entries(values).map(([name, value]) => [`TURNOUT_SECRET_${name}`, value]);
    return createEnvironmentSecrets({
      environment: { PATH: '/bin', ...Object.fromEntries(named) },
    });
  },
});

test('what else is in the environment is no secret', async () => {
  const secrets = createEnvironmentSecrets({ environment: { HOME: '/root' } });
  assert.deepEqual(await secrets.list(), []);
  assert.equal(await secrets.get('HOME'), null);
});
