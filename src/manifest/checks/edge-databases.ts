import type { Expression } from '../../lib/conditions/expression.ts';
import { partsOf } from '../../lib/conditions/fold-expression.ts';
import type { RequestField } from '../../lib/conditions/request-view.ts';
import type { Located, Manifest } from '../manifests.ts';
import type { EdgeManifest } from '../schema/edge.ts';
import type { CheckedSite } from './check.ts';

/** Which database tells what conditions can ask of a client. */
const databases: ReadonlyMap<RequestField, 'country' | 'asn'> = new Map([
  ['client.country', 'country'],
  ['client.as_number', 'asn'],
  ['client.as_name', 'asn'],
] as const);

/** What a condition asks of the client is told by a database that edge.yaml names. */
export function checkDatabases(
  { problems }: CheckedSite,
  { value }: Manifest<EdgeManifest>,
  { node, path }: Located,
  condition: Expression,
): void {
  for (const field of fieldsOf(condition)) {
    const database = databases.get(field);
    if (database === undefined || (value.geo?.[database] ?? null) !== null) continue;
    problems.add({
      code: 'no-address-database',
      spot: node,
      path,
      message: `Nothing tells ${field}: edge.yaml names no database for it.`,
      remedy: `Put a file in MMDB format into the site, and write \`geo: { ${database}: FILE }\`.`,
    });
    return;
  }
}

function fieldsOf(expression: Expression): readonly RequestField[] {
  return expression.kind === 'field' ? [expression.field] : partsOf(expression).flatMap(fieldsOf);
}
