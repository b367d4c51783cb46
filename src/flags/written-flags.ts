import {
  type FlagDefinition,
  FLAGS_LIMIT_BYTES,
  type FlagsDocument,
  type FlagsRecord,
  isWritten,
} from '../contract/flags.ts';
import { defaultSwitch } from '../derive/flags/feature-switches.ts';
import { canonicalJson } from '../lib/canonical-json.ts';
import type { JsonValue } from '../lib/json.ts';
import { ownValue } from '../lib/own-value.ts';
import type { SwitchedFeature } from './flags-reading.ts';

/** One flag that is another than before. */
export interface FlagDifference {
  readonly name: string;
  readonly before: FlagDefinition | null;
  readonly after: FlagDefinition | null;
}

/** What is written, with a switch for each of these features, whatever others there were. */
export function withSwitchesOf(
  { flags, $evaluators }: FlagsDocument,
  features: readonly SwitchedFeature[],
): FlagsDocument {
  const written = Object.entries(flags).filter(([, definition]) => isWritten(definition));
  const names = new Set(written.map(([name]) => name));
  const switches = features
    .filter(({ feature }) => !names.has(feature))
    .map((feature) => [feature.feature, defaultSwitch(feature)] as const);
  return { flags: Object.fromEntries([...written, ...switches]), $evaluators };
}

/** The record of a document that takes the place of another; `by` is who changed what differs. */
export function nextRecord(
  before: FlagsRecord | null,
  document: FlagsDocument,
  from: string,
  by: { readonly atMs: number; readonly who: string },
): { readonly record: FlagsRecord; readonly differences: readonly FlagDifference[] } {
  const differences = before === null ? [] : differencesOf(before.document, document);
  const changed = new Set(differences.map(({ name }) => name));
  const kept = Object.entries(before?.changes ?? {}).filter(
    ([name]) => ownValue(document.flags, name) !== undefined && !changed.has(name),
  );
  const now = differences.filter(({ after }) => after !== null).map(({ name }) => [name, by]);
  const changes = Object.fromEntries([...kept, ...now]) as FlagsRecord['changes'];
  return { record: { document, from, changes }, differences };
}

function differencesOf(before: FlagsDocument, after: FlagsDocument): readonly FlagDifference[] {
  const names = new Set([...Object.keys(before.flags), ...Object.keys(after.flags)]);
  // A shared rule that changed changes every flag that may name it.
  const isSameRules = isSame(before.$evaluators, after.$evaluators);
  return [...names].flatMap((name) => {
    const was = ownValue(before.flags, name) ?? null;
    const is = ownValue(after.flags, name) ?? null;
    const isRuled = !isSameRules && is?.targeting !== undefined;
    return isSame(was, is) && !isRuled ? [] : [{ name, before: was, after: is }];
  });
}

/** Whether two records say the same. */
export function isSame(a: JsonValue, b: JsonValue): boolean {
  return canonicalJson(a) === canonicalJson(b);
}

/** Whether it has room in one value of state. */
export function hasRoom(record: FlagsRecord): boolean {
  return Buffer.byteLength(JSON.stringify(record)) <= FLAGS_LIMIT_BYTES;
}

/** Whether anybody wrote a flag: a site need not have any. */
export function hasWritten({ flags }: FlagsDocument): boolean {
  return Object.values(flags).some(isWritten);
}
