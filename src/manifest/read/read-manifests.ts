import { nearestName } from '../../lib/nearest-name.ts';
import { rootPath } from '../problems/path.ts';
import { ProblemList } from '../problems/problem-list.ts';
import type { Manifest, Manifests } from '../manifests.ts';
import type { Reader } from '../reader.ts';
import { edge } from '../schema/edge.ts';
import { flags } from '../schema/flags.ts';
import type { Schema } from '../schema/schema.ts';
import { service, type ServiceManifest } from '../schema/service.ts';
import { site, type SiteManifest } from '../schema/site.ts';
import type { ManifestNode, MapEntry, MapNode } from '../source/node.ts';
import type { SourceFile } from '../source/source-file.ts';
import { chooseEnvironment, type ChosenEnvironment } from './choose-environment.ts';
import { findServices } from './find-services.ts';
import { mergeOverrides } from './merge-overrides.ts';
import { readSource } from './read-source.ts';
import { readValue } from './read-value.ts';

export type ReadFile = { readonly source: SourceFile; readonly node: ManifestNode | null };

/**
 * Reads all manifests of a site, as far as each can be read; what is wrong with them is in
 * `problems`.
 */
export async function readManifests(
  reader: Reader,
  asked: string | undefined,
  problems: ProblemList,
): Promise<Manifests> {
  const start: SourceFile = { path: 'site.yaml', text: '' };
  const [siteFile, edgeFile, flagsFile] = await Promise.all([
    readSource(reader, 'site.yaml', problems, {
      spot: { source: start, start: 0, end: 0 },
      remedy: 'Name the folder that holds it (`--site DIR`), or write one: `turnout init`.',
    }),
    readSource(reader, 'edge.yaml', problems, 'fine'),
    readSource(reader, 'flags.yaml', problems, 'fine'),
  ]);
  const environment = chooseEnvironment(siteFile?.node ?? null, asked, problems);
  const siteManifest = readSite(siteFile ?? { source: start, node: null }, environment, problems);
  const paths = await findServices(reader, siteManifest, problems);
  const files = await Promise.all(paths.map((path) => readSource(reader, path, problems, 'fine')));
  const services = files
    .filter((file) => file !== null)
    .map((file) => readService(file, environment, problems));
  refuseUnknownServices(environment, services, problems);
  return {
    site: siteManifest,
    services,
    edge: edgeFile === null ? null : toManifest(edge, edgeFile, problems),
    flags: flagsFile === null ? null : toManifest(flags, flagsFile, problems),
    environment: environment.name,
  };
}

function readSite(
  file: ReadFile,
  environment: ChosenEnvironment,
  problems: ProblemList,
): Manifest<SiteManifest> {
  let { node } = file;
  if (node?.kind === 'map') {
    node = withEmptyEnvironments(node);
    if (environment.site !== null) node = mergeOverrides(site, node, environment.site);
  }
  return toManifest(site, { source: file.source, node }, problems);
}

/** What environments say is read apart, when one is chosen; here only their names count. */
function withEmptyEnvironments(node: MapNode): MapNode {
  const all = node.entries.get('environments');
  if (all?.value.kind !== 'map') return node;
  const names = [...all.value.entries].map(([name, { key, value }]): [string, MapEntry] => {
    const { source, start, end } = value;
    return [name, { key, value: { kind: 'map', source, start, end, entries: new Map() } }];
  });
  const emptied: MapNode = { ...all.value, entries: new Map(names) };
  const entries = new Map(node.entries).set('environments', { key: all.key, value: emptied });
  return { ...node, entries };
}

function readService(
  file: ReadFile,
  environment: ChosenEnvironment,
  problems: ProblemList,
): Manifest<ServiceManifest> {
  let { node } = file;
  const name = node?.kind === 'map' ? node.entries.get('service')?.value : undefined;
  if (node !== null && name?.kind === 'scalar') {
    const override = environment.services?.entries.get(name.text)?.value;
    if (override?.kind === 'map') {
      // Neither can be overridden, which is told where environments are read.
      const entries = new Map(override.entries);
      for (const key of ['turnout', 'service']) entries.delete(key);
      node = mergeOverrides(service, node, { ...override, entries });
    }
  }
  return toManifest(service, { source: file.source, node }, problems);
}

/** A file as it was parsed, held against its schema. */
export function toManifest<T>(
  schema: Schema<T>,
  file: ReadFile,
  problems: ProblemList,
): Manifest<T> {
  const { path } = file.source;
  const folder = path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : '';
  const root = rootPath(path);
  const empty: MapNode = {
    kind: 'map',
    source: file.source,
    start: 0,
    end: 0,
    entries: new Map(),
  };
  const node = file.node ?? empty;
  const usable = file.node !== null && file.node.kind === 'map';
  // Where there is nothing to read, its defaults are taken and the missing keys are not worth a
  // word.
  const value = readValue(schema, node, root, file.node === null ? new ProblemList() : problems);
  return { path, folder, schema, node, root, value, usable };
}

function refuseUnknownServices(
  environment: ChosenEnvironment,
  services: readonly Manifest<ServiceManifest>[],
  problems: ProblemList,
): void {
  if (services.some((one) => !one.usable)) return;
  const names = services.map((one) => one.value.service);
  for (const { name, key, path } of environment.named) {
    if (names.includes(name)) continue;
    const near = nearestName(name, names);
    problems.add({
      code: 'unknown-service',
      spot: key,
      path,
      message:
        `No service is called “${name}”.` + (near === null ? '' : ` Did you mean “${near}”?`),
      expected: `one of ${names.join(', ')}`,
      remedy: 'Use the name that the service.yaml gives it.',
    });
  }
}
