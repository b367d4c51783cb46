import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { parse } from 'yaml';
import { annotatedManifest } from '../reference/annotated.ts';
import { kindNames, type ManifestKind } from '../schema/kinds.ts';
import { toJsonSchema } from './to-json-schema.ts';

const ajv = new Ajv2020({
  allErrors: true,
  allowUnionTypes: true,
  strict: true,
  strictRequired: false,
});
const validators = new Map<ManifestKind, ValidateFunction>(
  kindNames.map((kind) => [kind, ajv.compile(toJsonSchema(kind))]),
);

function accepts(kind: ManifestKind, value: unknown): boolean {
  return validators.get(kind)?.(value) === true;
}

const service = { turnout: 1, service: 'a', what: 'A.', features: {} };
const feature = { tier: 'core', routes: ['GET /'] };

describe('the JSON Schema for editors', () => {
  for (const kind of kindNames) {
    test(`accepts the annotated ${kind}.yaml`, () => {
      const validate = validators.get(kind);
      validate?.(parse(annotatedManifest(kind)));
      assert.deepEqual(validate?.errors ?? [], []);
    });
  }

  test('accepts short forms', () => {
    const short = { build: 'server.ts', run: 'node x.js', health: '/up', scale: 3 };
    const ladder = { ...feature, routes: 'GET /', ladder: 'closed', cors: 'https://x.example' };
    assert.ok(accepts('service', { ...service, ...short, features: { a: ladder } }));
    assert.ok(accepts('site', { turnout: 1, site: 'a', listen: { http: 80, workers: 4 } }));
  });

  test('accepts that an environment takes a key away', () => {
    const environments = { production: { services: { a: { features: { b: { ladder: null } } } } } };
    assert.ok(accepts('site', { turnout: 1, site: 'a', environments }));
    assert.ok(!accepts('site', { turnout: 1, site: 'a', hosts: null }));
  });

  test('refuses what an editor can know to be wrong', () => {
    const wrong: readonly object[] = [
      { ...service, heath: '/up' },
      { ...service, scale: { min: 0 } },
      { ...service, service: 'Not A Name' },
      { ...service, build: 'x.ts', at: 'http://127.0.0.1:1' },
      { ...service, needs: { db: { postgres: 'a', http: 'https://x.example' } } },
      { ...service, needs: { db: { http: 'https://x.example', reads: 'primary' } } },
      { ...service, features: { a: { ...feature, ladder: ['clsed'] } } },
      { ...service, features: { a: { tier: 'core' } } },
      { ...service, release: { bake: '60' } },
    ];
    for (const value of wrong) assert.ok(!accepts('service', value), JSON.stringify(value));
  });
});
