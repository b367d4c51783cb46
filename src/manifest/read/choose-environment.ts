import { nearestName } from '../../lib/nearest-name.ts';
import { descend, rootPath, type Path } from '../problems/path.ts';
import type { ProblemList } from '../problems/problem-list.ts';
import { environmentOverrides } from '../schema/site.ts';
import type { ManifestNode, MapNode, ScalarNode } from '../source/node.ts';
import { withoutNothing } from './merge-overrides.ts';
import { readValue } from './read-value.ts';

export interface ChosenEnvironment {
  readonly name: string;
  /** What it says about the site itself; null when nothing. */
  readonly site: ManifestNode | null;
  /** What it says about each service, by the service's name. */
  readonly services: MapNode | null;
  /** Every name of a service in any environment, with where it stands. */
  readonly named: readonly NamedService[];
}

export interface NamedService {
  readonly name: string;
  readonly key: ScalarNode;
  readonly path: Path;
}

/**
 * Finds the environment in force: the one asked for, else `environment:`, else `development`. It
 * must be listed, but for `development`, which may be the site as it is written. All of them are
 * read, so that a mistake in production's settings shows on a laptop; the one in force is read
 * again once it is merged.
 */
export function chooseEnvironment(
  site: ManifestNode | null,
  asked: string | undefined,
  problems: ProblemList,
): ChosenEnvironment {
  const written = entryOf(site, 'environment');
  const byDefault =
    written?.kind === 'scalar' && typeof written.value === 'string' ? written.value : 'development';
  const name = asked ?? byDefault;
  const all = entryOf(site, 'environments');
  const environments = all?.kind === 'map' ? all : null;
  // A site whose one environment is itself need not list it; a misspelt name must not mean "no
  // overrides".
  const listed = environments !== null && environments.entries.has(name);
  const unlisted = name === byDefault && (environments === null || environments.entries.size === 0);
  if (!listed && !unlisted && name !== 'development') {
    refuseUnknown(name, site, environments, problems);
  }
  for (const [environment, { value }] of environments?.entries ?? []) {
    if (value.kind === 'scalar' && value.value === null) continue;
    const path = descend(rootPath('site.yaml'), 'environments', environment);
    readValue(environmentOverrides, withoutNothing(value), path, problems);
  }
  const named = environments === null ? [] : servicesNamedIn(environments);
  const chosen = environments?.entries.get(name)?.value;
  if (chosen?.kind !== 'map') return { name, site: null, services: null, named };
  const entries = new Map(chosen.entries);
  const services = entries.get('services')?.value;
  entries.delete('services');
  return {
    name,
    site: { ...chosen, entries },
    services: services?.kind === 'map' ? services : null,
    named,
  };
}

function servicesNamedIn(environments: MapNode): readonly NamedService[] {
  const root = rootPath('site.yaml');
  return [...environments.entries].flatMap(([environment, { value }]) => {
    const services = entryOf(value, 'services');
    if (services?.kind !== 'map') return [];
    return [...services.entries].map(([name, { key }]) => ({
      name,
      key,
      path: descend(root, 'environments', environment, 'services', name),
    }));
  });
}

function refuseUnknown(
  asked: string,
  site: ManifestNode | null,
  environments: MapNode | null,
  problems: ProblemList,
): void {
  if (site === null) return;
  const names = [...(environments?.entries.keys() ?? [])];
  const near = nearestName(asked, names);
  problems.add({
    code: 'unknown-environment',
    spot: environments ?? { source: site.source, start: site.start, end: site.start + 1 },
    path: descend(rootPath('site.yaml'), 'environments'),
    message:
      `There is no environment “${asked}”.` + (near === null ? '' : ` Did you mean “${near}”?`),
    expected: names.length === 0 ? 'an entry under `environments:`' : `one of ${names.join(', ')}`,
    remedy: 'Correct `environment:`, TURNOUT_ENVIRONMENT or --environment, or add the entry.',
  });
}

function entryOf(node: ManifestNode | null, key: string): ManifestNode | undefined {
  return node?.kind === 'map' ? node.entries.get(key)?.value : undefined;
}
