import type { Derived } from './all.ts';
import { renderCatalogMarkdown } from './catalog/render-catalog-markdown.ts';

/** The name of each output as people ask for it, and the part of Derived it is. */
const outputs = {
  routes: 'routes',
  policies: 'policies',
  edge: 'edge',
  'release-plan': 'releasePlan',
  catalog: 'catalog',
  flags: 'flags',
} as const satisfies Record<string, Exclude<keyof Derived, 'model'>>;

export type OutputName = keyof typeof outputs;

export const outputNames = Object.keys(outputs) as readonly OutputName[];

/** One output as JSON for people: two spaces, a line break at the end. */
export function outputJson(derived: Derived, name: OutputName): string {
  return `${JSON.stringify(derived[outputs[name]], null, 2)}\n`;
}

/** All outputs as the files that are kept beside a site under `expected/`, by name. */
export function derivedFiles(derived: Derived): ReadonlyMap<string, string> {
  return new Map([
    ...outputNames.map((name): [string, string] => [`${name}.json`, outputJson(derived, name)]),
    ['catalog.md', renderCatalogMarkdown(derived.catalog)],
  ]);
}
