import { Environment } from '@marcbachmann/cel-js';

/** An address list as conditions see it: `client.address in tables.wall`. */
export abstract class AddressList {
  abstract holds(address: string): boolean;
}

export interface ConditionTable {
  readonly name: string;
  readonly kind: 'set' | 'cidr' | 'map';
}

/**
 * CEL as edge.yaml has it: what a condition can see of a request, its client and the tables, each
 * with a type, so that a misspelt name is found by `turnout check` and not by a client. Expressions
 * are bounded in size and depth.
 */
export function edgeLanguage(tables: readonly ConditionTable[]): Environment {
  return new Environment({
    unlistedVariablesAreDyn: false,
    limits: { maxAstNodes: 1000, maxDepth: 50, maxListElements: 500, maxMapEntries: 100 },
  })
    .registerType('AddressList', { ctor: AddressList, fields: {} })
    .registerOperator('string in AddressList', (address: string, list: AddressList) =>
      list.holds(address),
    )
    .registerVariable({
      name: 'request',
      description: 'The request, normalised; header names are in lower case.',
      schema: {
        method: 'string',
        host: 'string',
        path: 'string',
        query: 'map<string, string>',
        headers: 'map<string, string>',
        cookies: 'map<string, string>',
        body_bytes: 'int',
      },
    })
    .registerVariable({
      name: 'client',
      description: 'Who asks; the address is believed only where the hops are trusted.',
      schema: {
        address: 'string',
        country: 'string',
        as_number: 'int',
        as_name: 'string',
        trusted_hop: 'bool',
      },
    })
    .registerVariable({
      name: 'tables',
      description: 'The tables of edge.yaml, as they are now.',
      schema: Object.fromEntries(
        tables.map(({ name, kind }) => [
          name,
          kind === 'cidr' ? 'AddressList' : 'map<string, string>',
        ]),
      ),
    });
}
