import type { JsonValue } from '../../lib/json.ts';
import { nearestName } from '../../lib/nearest-name.ts';
import { locate, type Located, type Manifest, type Manifests } from '../manifests.ts';
import { child, formatPath, type Path } from '../problems/path.ts';
import { canonicalForm, keysInForce } from '../schema/canonical-form.ts';
import type { Field, SchemaShape } from '../schema/schema.ts';
import { placeOf, type Place } from '../source/source-file.ts';

/** One value in force, where it comes from, and what it means. */
export interface ExplainedValue {
  /** Its path in the manifest: `features.donate.limits.deadline`. */
  readonly path: string;
  readonly value: JsonValue;
  /** Where it is written; null when a default is in force. */
  readonly place: Place | null;
  readonly doc: string;
}

export type Explanation =
  | { readonly kind: 'explained'; readonly values: readonly ExplainedValue[] }
  | { readonly kind: 'unknown'; readonly message: string };

/**
 * Every value in force under a path, in canonical form. Paths begin with the name of a service,
 * `site`, `edge` or `flags`; after a service, the name of a feature stands for `features.<name>`.
 */
export function explain(manifests: Manifests, subject: string): Explanation {
  const [head = '', ...rest] = splitPath(subject);
  const first = String(head);
  const manifest = manifestCalled(manifests, first);
  if (manifest === undefined) {
    const names = [...manifests.services.map((one) => one.value.service), 'site', 'edge', 'flags'];
    return unknown(`Nothing is called “${first}”.`, first, names);
  }
  const keys = withFeature(manifest, rest);
  return explainAt(manifest, keys);
}

function manifestCalled(manifests: Manifests, name: string): Manifest<unknown> | undefined {
  if (name === 'site') return manifests.site;
  const service = manifests.services.find((one) => one.value.service === name);
  if (service !== undefined) return service;
  if (name === 'edge') return manifests.edge ?? undefined;
  return name === 'flags' ? (manifests.flags ?? undefined) : undefined;
}

/** `donate` is `features.donate`, unless a key of the manifest has that name. */
function withFeature(
  manifest: Manifest<unknown>,
  keys: readonly (string | number)[],
): readonly (string | number)[] {
  const [first] = keys;
  const { schema } = manifest;
  if (typeof first !== 'string' || schema.kind !== 'object') return keys;
  const isFeature = featuresOf(manifest).includes(first);
  return isFeature && !Object.hasOwn(schema.fields, first) ? ['features', ...keys] : keys;
}

function featuresOf({ value }: Manifest<unknown>): readonly string[] {
  const { features } = value as { readonly features?: unknown };
  return features instanceof Map ? [...(features as ReadonlyMap<string, unknown>).keys()] : [];
}

/** Keys by dots; a key with dots of its own in quotes, a list's item in brackets. */
function splitPath(path: string): readonly (string | number)[] {
  const keys: (string | number)[] = [];
  for (const [, quoted, index, plain] of path.matchAll(/"([^"]*)"|\[(\d+)\]|([^.[\]"]+)/g)) {
    keys.push(index === undefined ? (quoted ?? plain ?? '') : Number(index));
  }
  return keys;
}

interface At {
  readonly manifest: Manifest<unknown>;
  readonly keys: readonly (string | number)[];
  readonly path: Path;
  readonly schema: SchemaShape;
  readonly value: unknown;
  readonly field: Field | null;
}

function explainAt(manifest: Manifest<unknown>, keys: readonly (string | number)[]): Explanation {
  let at: At = {
    manifest,
    keys: [],
    path: manifest.root,
    schema: manifest.schema,
    value: manifest.value,
    field: null,
  };
  for (const key of keys) {
    const next = step(at, key);
    if (next === null) {
      const known = [...stepsFrom(at), ...(at.keys.length === 0 ? featuresOf(manifest) : [])].map(
        String,
      );
      return unknown(`“${key}” is not there.`, String(key), known);
    }
    at = next;
  }
  return { kind: 'explained', values: leavesOf(at) };
}

function unknown(message: string, word: string, names: readonly string[]): Explanation {
  const near = nearestName(word, names);
  const hint = near === null ? ` There are ${names.join(', ')}.` : ` Did you mean “${near}”?`;
  return { kind: 'unknown', message: message + hint };
}

/** The keys that lead on from a value. */
function stepsFrom({ schema, value }: At): readonly (string | number)[] {
  if (value === null || value === undefined) return [];
  if (schema.kind === 'object') {
    return keysInForce(schema, value as Readonly<Record<string, unknown>>);
  }
  if (schema.kind === 'map') return [...(value as ReadonlyMap<string, unknown>).keys()];
  if (schema.kind === 'list') return [...(value as readonly unknown[]).keys()];
  return [];
}

function step(at: At, key: string | number): At | null {
  if (!stepsFrom(at).includes(key)) return null;
  const place = { manifest: at.manifest, keys: [...at.keys, key], path: child(at.path, key) };
  const { schema, value } = at;
  if (schema.kind === 'object') {
    const field = schema.fields[String(key)];
    if (field === undefined) return null;
    const inner = (value as Readonly<Record<string, unknown>>)[String(key)];
    return { ...place, schema: field.schema, value: inner, field };
  }
  if (schema.kind === 'map') {
    const inner = (value as ReadonlyMap<string, unknown>).get(String(key));
    return { ...place, schema: schema.of, value: inner, field: at.field };
  }
  if (schema.kind !== 'list') return null;
  const inner = (value as readonly unknown[])[Number(key)];
  return { ...place, schema: schema.of, value: inner, field: at.field };
}

/** Lists of plain values are one value; everything with keys of its own is taken apart. */
function leavesOf(at: At): readonly ExplainedValue[] {
  const { schema } = at;
  const apart =
    schema.kind === 'object' ||
    schema.kind === 'map' ||
    (schema.kind === 'list' && schema.of.kind === 'object');
  const steps = apart ? stepsFrom(at) : [];
  if (steps.length === 0) return [leaf(at)];
  return steps.flatMap((key) => {
    const next = step(at, key);
    return next === null ? [] : leavesOf(next);
  });
}

function leaf({ manifest, keys, path, schema, value, field }: At): ExplainedValue {
  const located: Located = locate(manifest, ...keys);
  const empty = value === null || value === undefined;
  const inWords = field?.fallbackInWords ?? null;
  const shown = empty ? inWords : canonicalForm(schema, value);
  return {
    path: formatPath(path),
    value: !located.written && inWords !== null ? inWords : shown,
    place: located.written ? placeOf(located.node.source, located.node.start) : null,
    doc: field?.doc ?? (schema.kind === 'object' ? schema.doc : ''),
  };
}
