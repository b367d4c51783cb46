import type { EvaluationContext } from '@openfeature/core';
import { FLAGS_FILE } from '../../contract/environment.ts';
import type { JsonValue } from '../../lib/json.ts';
import { holdUntilDropped } from '../drop.ts';
import { FlagsFile } from './flags-file.ts';

/** What a flag's targeting rules may look at: `{ email: 'ada@example.org' }`. */
export type FlagContext = Readonly<Record<string, JsonValue>>;

let file: { readonly path: string; readonly flags: FlagsFile } | null = null;

/** The value of a boolean flag now; `fallback` where the site has no such flag, or no flags. */
export function flag(name: string, fallback: boolean, context: FlagContext = {}): boolean {
  return value(name, fallback, context);
}

/**
 * A dynamic value now, of the kind of its fallback: a flag whose variants are numbers, texts or
 * objects. The fallback holds where the site has no such flag, where it is DISABLED, and where it
 * is of another kind.
 */
export function value(name: string, fallback: boolean, context?: FlagContext): boolean;
export function value(name: string, fallback: number, context?: FlagContext): number;
export function value(name: string, fallback: string, context?: FlagContext): string;
export function value(name: string, fallback: JsonValue, context?: FlagContext): JsonValue;
export function value(name: string, fallback: JsonValue, context: FlagContext = {}): JsonValue {
  const core = flagsInForce()?.core ?? null;
  if (core === null) return fallback;
  const about = context as EvaluationContext;
  try {
    switch (typeof fallback) {
      case 'boolean':
        return core.resolveBooleanEvaluation(name, fallback, about).value;
      case 'number':
        return core.resolveNumberEvaluation(name, fallback, about).value;
      case 'string':
        return core.resolveStringEvaluation(name, fallback, about).value;
      default:
        return core.resolveObjectEvaluation(name, fallback as never, about).value;
    }
  } catch {
    // A flag of another kind than the code asks for, or a rule that fails: as if there were none.
    return fallback;
  }
}

/** Opened at the first question; tests and scripts may name another file later. */
function flagsInForce(): FlagsFile | null {
  const path = process.env[FLAGS_FILE];
  if (path === undefined || path === '') return null;
  if (file?.path === path) return file.flags;
  file?.flags.close();
  const opened = { path, flags: new FlagsFile(path) };
  file = opened;
  holdUntilDropped(() => {
    opened.flags.close();
    if (file === opened) file = null;
  });
  return opened.flags;
}
