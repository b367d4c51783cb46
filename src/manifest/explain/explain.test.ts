import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { loadModel } from '../load-model.ts';
import { referenceSite } from '../reference/reference-site.ts';
import { explain, type ExplainedValue } from './explain.ts';

const loaded = await loadModel(referenceSite(), { environment: 'production' });
assert.ok(loaded.kind === 'model');
const { manifests } = loaded;

function valuesOf(path: string): readonly ExplainedValue[] {
  const explanation = explain(manifests, path);
  assert.ok(explanation.kind === 'explained', path);
  return explanation.values;
}

function only(path: string): ExplainedValue {
  const [value, ...more] = valuesOf(path);
  assert.ok(value !== undefined && more.length === 0, path);
  return value;
}

describe('explain', () => {
  test('names the file and line of a value', () => {
    const value = only('donations.donate.limits.deadline');
    assert.equal(value.value, '3s');
    assert.equal(value.place?.file, 'services/donations/service.yaml');
    assert.match(value.doc, /Longest time/);
  });

  test('says default where nothing is written', () => {
    const value = only('identity.sign-in.limits.deadline');
    assert.equal(value.place, null);
    assert.match(String(value.value), /^10s, or 1m for a service given by/);
    assert.equal(only('identity.scale.max').value, 'the same as `min`');
  });

  test('points into site.yaml where an environment overrides', () => {
    assert.deepEqual(
      [only('donations.scale.min').value, only('donations.totals.cache').value],
      [6, '30s'],
    );
    assert.equal(only('donations.scale.min').place?.file, 'site.yaml');
    assert.equal(
      only('donations.scale.target-in-flight').place?.file,
      'services/donations/service.yaml',
    );
  });

  test('takes a feature, a whole service, the site, the edge and the flags', () => {
    const feature = new Set(valuesOf('donations.donate').map(({ path }) => path));
    assert.ok(feature.has('features.donate.ladder."db.primary"'));
    assert.ok(feature.has('features.donate.cors.max-age'));
    assert.ok(valuesOf('donations').length > 60);
    assert.equal(only('site.listen.http').value, '0.0.0.0:80');
    assert.equal(only('edge.rules[1].respond.status').value, 819);
    assert.equal(only('flags.flags.new-checkout.defaultVariant').value, 'off');
    assert.deepEqual(only('donations.features.donate.ladder."db.primary"').value, [
      'queue 1d by body.email',
    ]);
  });

  test('shows short forms in their long form', () => {
    assert.equal(
      only('site.resources.reports.url').value,
      'postgres://reports.internal:5432/reports',
    );
    assert.equal(only('site.frontends./.directory').value, 'frontends/home');
  });

  test('suggests what was meant', () => {
    for (const [path, hint] of [
      ['donatons', 'donations'],
      ['donations.donat', 'donate'],
      ['donations.donate.teir', 'tier'],
    ] as const) {
      const explanation = explain(manifests, path);
      assert.ok(explanation.kind === 'unknown' && explanation.message.includes(`“${hint}”`), path);
    }
  });
});
