import { BANS_TABLE } from '../../contract/tables.ts';
import type { ConditionTable } from '../../lib/edge-language.ts';
import type { EdgeManifest } from '../schema/edge.ts';

/** The tables that conditions can look into, with the one that is always there. */
export function conditionTables({ tables }: EdgeManifest): readonly ConditionTable[] {
  const declared = [...tables]
    .map(([name, { kind }]) => ({ name, kind }))
    .filter(({ name }) => name !== BANS_TABLE && /^[a-z][a-z0-9_]*$/.test(name));
  return [...declared, { name: BANS_TABLE, kind: 'cidr' }];
}
