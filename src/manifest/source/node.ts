import type { SourceFile } from './source-file.ts';

/**
 * YAML with everything that YAML alone decides already decided (aliases followed, keys unique, tags
 * refused) and every value still knowing where it was written. Overrides and short forms rearrange
 * nodes, so positions survive both.
 */
export type ManifestNode = ScalarNode | ListNode | MapNode;

interface Span {
  readonly source: SourceFile;
  readonly start: number;
  readonly end: number;
}

export interface ScalarNode extends Span {
  readonly kind: 'scalar';
  readonly value: string | number | boolean | null;
  /** What was written, quotes resolved: `0.10` stays `0.10` where its value is 0.1. */
  readonly text: string;
}

export interface ListNode extends Span {
  readonly kind: 'list';
  readonly items: readonly ManifestNode[];
}

export interface MapNode extends Span {
  readonly kind: 'map';
  readonly entries: ReadonlyMap<string, MapEntry>;
}

export interface MapEntry {
  readonly key: ScalarNode;
  readonly value: ManifestNode;
}

/** How an error calls what it found. */
export function describeNode(node: ManifestNode): string {
  if (node.kind === 'list') return node.items.length === 0 ? 'an empty list' : 'a list';
  if (node.kind === 'map') return 'keys with values';
  if (node.value === null) return 'nothing';
  const text = node.text.length > 60 ? `${node.text.slice(0, 60)}…` : node.text;
  return typeof node.value === 'string' ? `“${text}”` : text;
}

/** The value of a node as plain JSON. */
export function plainValue(node: ManifestNode): unknown {
  if (node.kind === 'scalar') return node.value;
  if (node.kind === 'list') return node.items.map((item) => plainValue(item));
  return Object.fromEntries(
    [...node.entries].map(([key, entry]) => [key, plainValue(entry.value)]),
  );
}
