import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Secrets } from './port.ts';

export interface SecretsUnderTest {
  readonly kind: 'writable' | 'read-only';
  /** Gives secrets that hold just these. */
  open(values: Readonly<Record<string, string>>): Promise<Secrets>;
}

/** Every adapter of the secrets port passes this suite. */
export function describeSecrets(name: string, { kind, open }: SecretsUnderTest): void {
  describe(`${name} as secrets`, () => {
    test('gives a value by its name and lists names in order', async () => {
      const value = 'ünïcödé, "quotes", $(shell) and\nlines';
      const secrets = await open({ B_SECOND: 'b', A_FIRST: value });
      assert.equal(await secrets.get('A_FIRST'), value);
      assert.equal(await secrets.get('ABSENT'), null);
      assert.deepEqual(await secrets.list(), ['A_FIRST', 'B_SECOND']);
    });

    test('refuses a name that no environment variable can have', async () => {
      const secrets = await open({});
      for (const bad of ['', 'lower', '1ST', 'A B', 'A=B', '__proto__']) {
        await assert.rejects(secrets.get(bad), { code: 'secret-name-invalid' }, bad);
      }
    });

    if (kind === 'read-only') describeRefusal(open);
    else describeWriting(open);
  });
}

function describeRefusal(open: SecretsUnderTest['open']): void {
  test('refuses to write and changes nothing', async () => {
    const secrets = await open({ KEPT: 'as it was' });
    await assert.rejects(secrets.set('KEPT', 'new'), { code: 'secrets-read-only' });
    await assert.rejects(secrets.delete('KEPT'), { code: 'secrets-read-only' });
    await assert.rejects(
      secrets.obtain('ABSENT', () => 'made'),
      { code: 'secrets-read-only' },
    );
    assert.equal(await secrets.obtain('KEPT', unwanted), 'as it was');
    assert.equal(await secrets.get('KEPT'), 'as it was');
  });
}

function describeWriting(open: SecretsUnderTest['open']): void {
  test('sets, replaces and deletes', async () => {
    const secrets = await open({ KEPT: 'as it was' });
    await secrets.set('ADDED', '');
    assert.equal(await secrets.get('ADDED'), '');
    await secrets.set('ADDED', 'second');
    assert.equal(await secrets.get('ADDED'), 'second');
    assert.equal(await secrets.delete('ADDED'), true);
    assert.equal(await secrets.delete('ADDED'), false);
    assert.deepEqual(await secrets.list(), ['KEPT']);
    assert.equal(await secrets.get('KEPT'), 'as it was');
  });

  test('makes a value once, however many ask for it, and never over one that is set', async () => {
    const secrets = await open({ KEPT: 'as it was' });
    assert.equal(await secrets.obtain('KEPT', unwanted), 'as it was');
    let made = 0;
    const asked = Array.from({ length: 10 }, () =>
      secrets.obtain('MADE', () => `made ${(made += 1)}`),
    );
    assert.deepEqual(new Set(await Promise.all(asked)), new Set(['made 1']));
    assert.equal(await secrets.get('MADE'), 'made 1');
  });

  test('loses none of many that are set at once', async () => {
    const secrets = await open({});
    const names = Array.from({ length: 10 }, (_, index) => `NAME_${index}`);
    await Promise.all(names.map((name) => secrets.set(name, name)));
    assert.deepEqual(await secrets.list(), names);
  });

  test('refuses a value that no environment can carry, without repeating it', async () => {
    const secrets = await open({});
    for (const bad of ['zero\0byte', 'x'.repeat(70_000)]) {
      await assert.rejects(secrets.set('BAD', bad), (error: Error & { code?: string }) => {
        assert.equal(error.code, 'secret-value-invalid');
        assert.ok(!error.message.includes(bad));
        return true;
      });
    }
    assert.deepEqual(await secrets.list(), []);
  });
}

function unwanted(): string {
  throw new Error('asked for a value where there is one');
}
