import { isIP } from 'node:net';
import { nearestName } from '../../lib/nearest-name.ts';
import { locate, type Located, type Manifest } from '../manifests.ts';
import type { EdgeManifest } from '../schema/edge.ts';
import { cidr } from '../schema/notations.ts';
import type { CheckedSite } from './check.ts';
import { conditionTables } from './condition-tables.ts';

type Example = EdgeManifest['examples'][number];

/** Examples name rules and tables that are there, and say something that can turn out wrong. */
export function checkExamples(site: CheckedSite, edge: Manifest<EdgeManifest>): void {
  for (const [index, rule] of edge.value.rules.entries()) {
    for (const [at, example] of rule.examples.entries()) {
      checkGiven(site, edge, example, ['rules', index, 'examples', at]);
    }
  }
  const rules = edge.value.rules.map(({ name }) => name);
  for (const [at, example] of edge.value.examples.entries()) {
    const keys = ['examples', at] as const;
    checkGiven(site, edge, example, keys);
    const { rules: named, answer, passes, tags } = example;
    for (const [index, name] of (named ?? []).entries()) {
      if (!rules.includes(name)) unknown(site, locate(edge, ...keys, 'rules', index), name, rules);
    }
    if (named !== null || answer !== null || passes !== null || tags !== null) continue;
    const { node, path } = locate(edge, ...keys);
    if (site.problems.isWrong(path)) continue;
    site.problems.add({
      code: 'missing-key',
      spot: node,
      path,
      message: 'An example does not say what becomes of the request.',
      expected: '`rules`, `answer`, `passes` or `tags`',
      remedy: 'Add one of them.',
    });
  }
}

function checkGiven(
  site: CheckedSite,
  edge: Manifest<EdgeManifest>,
  { address, tables }: Pick<Example, 'address' | 'tables'>,
  keys: readonly (string | number)[],
): void {
  if (isIP(address) === 0) {
    invalid(site, locate(edge, ...keys, 'address'), `“${address}” is no address.`, 'an address');
  }
  const known = conditionTables(edge.value);
  for (const [name, entries] of tables) {
    const table = known.find((one) => one.name === name);
    if (table === undefined) {
      const names = known.map((one) => one.name);
      unknown(site, locate(edge, ...keys, 'tables', name), name, names);
      continue;
    }
    for (const [index, { key }] of entries.entries()) {
      if (table.kind !== 'cidr' || cidr.parse(key).ok) continue;
      const at = locate(edge, ...keys, 'tables', name, index);
      invalid(site, at, `“${key}” is no address or network.`, cidr.expected);
    }
  }
}

function invalid(
  { problems }: CheckedSite,
  { node, path }: Located,
  message: string,
  expected: string,
): void {
  if (problems.isWrong(path)) return;
  problems.add({
    code: 'invalid-value',
    spot: node,
    path,
    message,
    expected,
    remedy: 'Correct the example.',
  });
}

function unknown(
  { problems }: CheckedSite,
  { node, path }: Located,
  name: string,
  names: readonly string[],
): void {
  if (problems.isWrong(path)) return;
  const near = nearestName(name, names);
  problems.add({
    code: 'invalid-value',
    spot: node,
    path,
    message: `Nothing of edge.yaml is called “${name}”.${near === null ? '' : ` Did you mean “${near}”?`}`,
    expected: `one of ${names.slice(0, 20).join(', ')}`,
    remedy: 'Correct the example.',
  });
}
