import type { CompileParts } from '../../src/data-plane/compile-configuration.ts';
import type { EdgeConfiguration } from '../../src/derive/edge/edge-configuration.ts';
import { RuleMemory } from '../../src/data-plane/edge/rules/rule-memory.ts';
import { fixedTables } from '../../src/data-plane/edge/tables/fixed-tables.ts';

/** What a configuration is compiled with where nothing changes at run time or is stepped down. */
export function fixedEdge(): CompileParts {
  return {
    files: new Map(),
    memory: new RuleMemory(),
    ladders: { of: () => null },
    switches: { of: () => ({ inForce: null, untilMs: null }) },
    prepare(edge: EdgeConfiguration, files) {
      const views = fixedTables(edge, files, Date.now());
      return { get: (name) => views.get(name), use: () => undefined };
    },
  };
}
