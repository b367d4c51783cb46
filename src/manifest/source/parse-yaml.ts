import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  parseAllDocuments,
  type Alias,
  type Document,
  type ParsedNode,
  type YAMLError,
  type YAMLMap,
} from 'yaml';
import { rootPath } from '../problems/path.ts';
import type { ProblemCode } from '../problems/codes.ts';
import type { ProblemList } from '../problems/problem-list.ts';
import type { ManifestNode, MapEntry, ScalarNode } from './node.ts';
import type { SourceFile } from './source-file.ts';

/**
 * Aliases multiply what a file says ("billion laughs"); both bounds hold after they are followed.
 */
const mostNodes = 100_000;
const deepest = 64;

/**
 * Reads YAML 1.2 (core schema) into nodes that know where they were written; null when the file is
 * not usable, with the reasons in `problems`. Anchors and aliases are followed. Refused: duplicate
 * keys, tags, `<<` merge keys (a key with a special meaning that editors and other readers of YAML
 * 1.2 do not share), several documents.
 */
export function parseYaml(source: SourceFile, problems: ProblemList): ManifestNode | null {
  const documents = parseAllDocuments<ParsedNode>(source.text, {
    // Both are done here, in linear time and with both places: the library compares all keys with
    // all.
    uniqueKeys: false,
    stringKeys: false,
    prettyErrors: false,
    logLevel: 'silent',
    merge: false,
    resolveKnownTags: false,
  });
  const reader = new DocumentReader(source, problems);
  if (!Array.isArray(documents) || documents.length === 0) {
    reader.report(
      'yaml-syntax',
      [0, 0],
      'The file is empty.',
      'Write something into it, or take it away.',
    );
    return null;
  }
  const [first, second] = documents as readonly Document.Parsed[];
  if (first === undefined) return null;
  // The first errors tell what is wrong; those after them are mostly its echo.
  for (const error of first.errors.slice(0, 3)) reader.syntaxError(error);
  if (second !== undefined) {
    reader.report(
      'yaml-refused',
      [second.range[0], second.range[0] + 3],
      'A second document begins here.',
      'Keep one manifest a file: take the `---` out.',
    );
  }
  if (first.errors.length > 0) return null;
  if (first.contents === null || isEmpty(first.contents)) {
    reader.report(
      'yaml-syntax',
      [0, 0],
      'The file is empty.',
      'Write something into it, or take it away.',
    );
    return null;
  }
  return reader.read(first.contents as ParsedNode, 0);
}

function isEmpty(node: unknown): boolean {
  return isScalar(node) && node.value === null && (node.source ?? '') === '';
}

type YamlRange = readonly [number, number];

class DocumentReader {
  readonly #source: SourceFile;
  readonly #problems: ProblemList;
  readonly #anchors = new Map<string, ManifestNode | null>();
  readonly #sizes = new Map<ManifestNode, number>();
  #nodes = 0;
  #tooLarge = false;

  constructor(source: SourceFile, problems: ProblemList) {
    this.#source = source;
    this.#problems = problems;
  }

  report(code: ProblemCode, [start, end]: YamlRange, message: string, remedy: string): void {
    const spot = { source: this.#source, start, end };
    this.#problems.add({ code, spot, path: rootPath(this.#source.path), message, remedy });
  }

  syntaxError(error: YAMLError): void {
    this.report('yaml-syntax', error.pos, firstSentence(error.message), remedyFor(error.code));
  }

  read(node: ParsedNode, depth: number): ManifestNode | null {
    if (this.#tooLarge) return null;
    const [start, end] = node.range;
    if (depth > deepest) return this.#refuseSize([start, end], `deeper than ${deepest} levels`);
    if (isAlias(node)) return this.#follow(node);
    if (node.tag?.startsWith('!') === true) {
      this.report(
        'yaml-refused',
        [start, end],
        `The tag ${node.tag} says nothing here.`,
        'Take the tag out.',
      );
    }
    const before = this.#nodes;
    if (!this.#count(1, [start, end])) return null;
    // An alias inside its own anchor finds null here, and is refused.
    if (node.anchor !== undefined) this.#anchors.set(node.anchor, null);
    const read = this.#readContent(node, depth);
    if (node.anchor !== undefined && read !== null) {
      this.#anchors.set(node.anchor, read);
      this.#sizes.set(read, this.#nodes - before);
    }
    return read;
  }

  #readContent(node: ParsedNode, depth: number): ManifestNode | null {
    const [start, end] = node.range;
    const source = this.#source;
    if (isMap(node)) return this.#readMap(node, depth);
    if (isSeq(node)) {
      const items = node.items
        .map((item) => this.read(item as ParsedNode, depth + 1))
        .filter((item) => item !== null);
      return { kind: 'list', source, start, end, items };
    }
    if (!isScalar(node)) return null;
    const { value } = node;
    if (typeof value === 'string')
      return { kind: 'scalar', source, start, end, value, text: value };
    if (typeof value === 'number' || typeof value === 'boolean' || value === null) {
      return { kind: 'scalar', source, start, end, value, text: node.source ?? String(value) };
    }
    return { kind: 'scalar', source, start, end, value: String(value), text: String(value) };
  }

  #readMap(node: YAMLMap<unknown, unknown>, depth: number): ManifestNode {
    const [start, end] = node.range ?? [0, 0];
    const entries = new Map<string, MapEntry>();
    for (const pair of node.items) {
      const key = this.#readKey(pair.key as ParsedNode | null);
      if (key === null) continue;
      const value =
        pair.value === null ? emptyAfter(key) : this.read(pair.value as ParsedNode, depth + 1);
      const earlier = entries.get(key.text);
      if (earlier !== undefined) this.#refuseDuplicate(earlier.key, key);
      else if (value !== null) entries.set(key.text, { key, value });
    }
    return { kind: 'map', source: this.#source, start, end, entries };
  }

  #readKey(node: ParsedNode | null): ScalarNode | null {
    if (node === null) return null;
    const [start, end] = node.range;
    if (!isScalar(node) || node.value === null) {
      this.report(
        'yaml-refused',
        [start, end],
        'A key must be plain text.',
        'Write the key as text.',
      );
      return null;
    }
    const text = typeof node.value === 'string' ? node.value : (node.source ?? String(node.value));
    if (text === '<<') {
      this.report(
        'yaml-refused',
        [start, end],
        'Merge keys (`<<`) belong to YAML 1.1.',
        'Write the keys out, or use an alias for the whole value.',
      );
      return null;
    }
    return { kind: 'scalar', source: this.#source, start, end, value: text, text };
  }

  #follow(alias: Alias.Parsed): ManifestNode | null {
    const [start, end] = alias.range;
    const target = this.#anchors.get(alias.source);
    if (target === undefined || target === null) {
      this.report(
        'yaml-syntax',
        [start, end],
        target === null
          ? `The alias *${alias.source} stands inside its own anchor.`
          : `No anchor &${alias.source} stands before this alias.`,
        'Put the anchor before the alias, and outside of it.',
      );
      return null;
    }
    return this.#count(this.#sizes.get(target) ?? 1, [start, end]) ? target : null;
  }

  #count(nodes: number, range: YamlRange): boolean {
    this.#nodes += nodes;
    if (this.#nodes <= mostNodes) return true;
    this.#refuseSize(range, `more than ${mostNodes} values once its aliases are followed`);
    return false;
  }

  #refuseSize(range: YamlRange, what: string): null {
    if (!this.#tooLarge) {
      this.report(
        'yaml-too-deep',
        range,
        `The file is ${what}.`,
        'Write it without nested aliases.',
      );
    }
    this.#tooLarge = true;
    return null;
  }

  #refuseDuplicate(first: ScalarNode, second: ScalarNode): void {
    this.#problems.add({
      code: 'yaml-duplicate-key',
      spot: second,
      path: rootPath(this.#source.path),
      message: `The key “${second.text}” stands twice in one map.`,
      remedy: 'Keep one of the two.',
      also: [{ what: 'it stands here first', spot: first }],
    });
  }
}

function emptyAfter(key: ScalarNode): ScalarNode {
  return { ...key, start: key.end, end: key.end, value: null, text: '' };
}

function firstSentence(message: string): string {
  const line = message.split('\n')[0] ?? message;
  return /[.!?]$/.test(line) ? line : `${line}.`;
}

const remedies: Readonly<Record<string, string>> = {
  TAB_AS_INDENT: 'Indent with spaces; YAML takes no tabs.',
  BAD_INDENT: 'Line it up with its neighbours, by spaces.',
  MISSING_CHAR: 'Close the quote or bracket, or put the missing character in.',
  BAD_ALIAS: 'Quote text that begins with *.',
  BLOCK_AS_IMPLICIT_KEY: 'A value with “: ” in it needs quotes; or a line break is missing.',
  MULTILINE_IMPLICIT_KEY:
    'A colon is missing after this key, or the value before it is not closed.',
  UNEXPECTED_TOKEN: 'Quote the value if it begins with a special character (# @ ` % * & ! | >).',
};

function remedyFor(code: string): string {
  return remedies[code] ?? 'Mend the YAML here; an editor that knows YAML shows it at once.';
}
