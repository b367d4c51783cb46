import type { JsonValue } from '../lib/json.ts';

/**
 * The flags of a site as the controller tells them to the workers and the commands, through state:
 * one record of what is written, one of what people set by hand. Small and apart from the
 * configuration, so that a switch is in force within moments.
 */
export const FLAGS_PREFIX = 'flags/';
/** What flags.yaml, or the address that takes its place, says (`FlagsRecord`). */
export const WRITTEN_FLAGS_KEY = 'flags/written';
/** What people set by hand, over it (`SetFlags`). */
export const SET_FLAGS_KEY = 'flags/set';

/** Values set by hand at a time; more belong into the file. */
export const SET_FLAGS_LIMIT = 500;
/** Below what one value in state may hold, with room for what stands around it. */
export const FLAGS_LIMIT_BYTES = 900 * 1024;

/** `type`, not `interface`: a type alias is assignable to JsonValue. */
export type FlagValue = boolean | number | string | { readonly [key: string]: JsonValue };

/** Flags as a flagd document, which services read and `@openfeature/flagd-core` evaluates. */
export type FlagsDocument = {
  readonly flags: { readonly [name: string]: FlagDefinition };
  readonly $evaluators: { readonly [name: string]: JsonValue };
};

export type FlagDefinition = {
  readonly state: 'ENABLED' | 'DISABLED';
  readonly variants: { readonly [name: string]: FlagValue };
  /** Left out: the code's own default holds. */
  readonly defaultVariant?: string;
  readonly targeting?: JsonValue;
  /** Facts for people: who owns it, and why it is what it is. */
  readonly metadata?: { readonly [name: string]: boolean | number | string };
};

/** What tells a switch that nobody wrote: each feature has one by default. */
export const NOT_WRITTEN = { written: false } as const;

/** Whether it stands in flags.yaml. */
export function isWritten({ metadata }: FlagDefinition): boolean {
  return metadata?.['written'] !== false;
}

/** What is written, validated, with a switch for every feature. */
export type FlagsRecord = {
  readonly document: FlagsDocument;
  /** `flags.yaml`, or the address it is read from. */
  readonly from: string;
  /** When each flag became what it is, and by whom; none for those that always were. */
  readonly changes: { readonly [name: string]: FlagChange };
};

export type FlagChange = {
  /** Milliseconds since the epoch. */
  readonly atMs: number;
  readonly who: string;
};

export type SetFlags = { readonly flags: { readonly [name: string]: SetFlag } };

/** A flag that somebody set by hand: it holds whatever the file says, until its end. */
export type SetFlag = FlagChange & {
  readonly value: FlagValue;
  /** The variant of that value, where it is one of those written. */
  readonly variant: string | null;
  readonly why: string | null;
  /** When it stops to hold; null for never. */
  readonly expiresMs: number | null;
};

/** Whether what was read from a file is a record: a damaged one must not end who reads it. */
export function isFlagsRecord(value: unknown): value is FlagsRecord {
  if (!isObject(value)) return false;
  const { document, from, changes } = value;
  return (
    isObject(document) &&
    isObject(document['$evaluators']) &&
    isObject(document['flags']) &&
    Object.values(document['flags']).every(isDefinition) &&
    typeof from === 'string' &&
    isObject(changes)
  );
}

export function isSetFlags(value: unknown): value is SetFlags {
  return isObject(value) && isObject(value['flags']) && Object.values(value['flags']).every(isSet);
}

function isDefinition(value: unknown): boolean {
  return isObject(value) && typeof value['state'] === 'string' && isObject(value['variants']);
}

function isSet(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { value: held, variant, expiresMs } = value;
  return (
    held !== null &&
    held !== undefined &&
    (variant === null || typeof variant === 'string') &&
    (expiresMs === null || typeof expiresMs === 'number')
  );
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
