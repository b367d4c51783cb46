import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { stringify } from 'yaml';
import { loadModel } from '../load-model.ts';
import { rootPath } from '../problems/path.ts';
import { ProblemList } from '../problems/problem-list.ts';
import { renderProblems } from '../problems/render-problems.ts';
import { readValue } from '../read/read-value.ts';
import { canonicalForm } from '../schema/canonical-form.ts';
import { kindNames, manifestKinds } from '../schema/kinds.ts';
import { environmentOverrides } from '../schema/site.ts';
import type { SchemaShape } from '../schema/schema.ts';
import { parseYaml } from '../source/parse-yaml.ts';
import { annotatedManifest } from './annotated.ts';
import { referenceSite } from './reference-site.ts';

describe('the annotated manifests', () => {
  for (const environment of ['development', 'production', 'laptop']) {
    test(`are valid as one site, without a warning, in ${environment}`, async () => {
      const result = await loadModel(referenceSite(), { environment });
      const problems = result.kind === 'model' ? result.warnings : result.problems;
      assert.equal(renderProblems(problems, { colour: false }), '');
    });
  }

  for (const kind of kindNames) {
    test(`${kind}.yaml shows every key`, () => {
      const text = annotatedManifest(kind);
      const missing = [...keysOf(manifestKinds[kind])].filter(
        (key) => !new RegExp(`(^|[\\s{,#"])${RegExp.escape(key)}"?:`, 'm').test(text),
      );
      assert.deepEqual(missing, []);
    });

    test(`${kind}.yaml reads the same in canonical form`, () => {
      const schema = manifestKinds[kind];
      const value = valueOf(annotatedManifest(kind), schema);
      const canonical = stringify(canonicalForm(schema, value));
      assert.deepEqual(valueOf(canonical, schema), value);
    });
  }
});

function valueOf(text: string, schema: SchemaShape): unknown {
  const problems = new ProblemList();
  const node = parseYaml({ path: 'a.yaml', text }, problems);
  assert.ok(node);
  const value = readValue(schema, node, rootPath('a.yaml'), problems);
  assert.equal(renderProblems(problems.sorted(), { colour: false }), '');
  return value;
}

function keysOf(root: SchemaShape): ReadonlySet<string> {
  const keys = new Set<string>();
  const visit = (schema: SchemaShape): void => {
    if (schema === environmentOverrides) return;
    if (schema.kind === 'list' || schema.kind === 'map') visit(schema.of);
    if (schema.kind !== 'object') return;
    for (const [key, field] of Object.entries(schema.fields)) {
      keys.add(key);
      visit(field.schema);
    }
  };
  visit(root);
  return keys;
}
