import type { Logger } from '@openfeature/core';
import { FlagdCore } from '@openfeature/flagd-core';
import type { FlagDefinition, FlagsDocument, FlagValue } from '../../contract/flags.ts';
import { ownValue } from '../../lib/own-value.ts';

/** What a rule may look at, as whoever asks says it. */
export type FlagContext = Readonly<Record<string, unknown>>;

export type Evaluation =
  | {
      readonly kind: 'value';
      readonly reason: string;
      /** Left out: the code's own default holds. */
      readonly value?: FlagValue;
      readonly variant?: string;
      readonly metadata?: FlagDefinition['metadata'];
    }
  | { readonly kind: 'failed'; readonly errorCode: string; readonly errorDetails: string };

const silent: Logger = {
  error: () => undefined,
  warn: () => undefined,
  info: () => undefined,
  debug: () => undefined,
};

/** Evaluates the flags of one document; a flag without a rule is read off, for that is cheaper. */
export class FlagEvaluator {
  readonly document: FlagsDocument;
  readonly #cores = new Map<string, FlagdCore>();

  constructor(document: FlagsDocument) {
    this.document = document;
  }

  /** Null for a flag that is not there. */
  evaluate(name: string, context: FlagContext): Evaluation | null {
    const { flags } = this.document;
    const definition = ownValue(flags, name);
    if (definition === undefined) return null;
    const { state, variants, defaultVariant, targeting, metadata } = definition;
    const rest = { kind: 'value', ...(metadata === undefined ? {} : { metadata }) } as const;
    if (state === 'DISABLED') return { ...rest, reason: 'DISABLED' };
    if (targeting !== undefined) return this.#byRule(name, context, rest);
    if (defaultVariant === undefined) return { ...rest, reason: 'DEFAULT' };
    const value = variants[defaultVariant];
    if (value === undefined) return { ...rest, reason: 'DEFAULT' };
    return { ...rest, reason: 'STATIC', value, variant: defaultVariant };
  }

  #byRule(
    name: string,
    context: FlagContext,
    rest: { readonly kind: 'value'; readonly metadata?: FlagDefinition['metadata'] },
  ): Evaluation {
    const flag = this.#coreOf(name).getFlag(name);
    const found = flag?.evaluate(context as never, silent);
    if (found === undefined || found.reason === 'ERROR') {
      const errorCode = found?.errorCode ?? 'GENERAL';
      return { kind: 'failed', errorCode, errorDetails: found?.errorMessage ?? 'no such rule' };
    }
    const { value, variant, reason } = found;
    if (value === undefined) return { ...rest, reason };
    return { ...rest, reason, value: value as FlagValue, ...(variant && { variant }) };
  }

  /** Read when it is first asked for: reading one costs much more than asking it. */
  #coreOf(name: string): FlagdCore {
    const there = this.#cores.get(name);
    if (there !== undefined) return there;
    const { flags, $evaluators } = this.document;
    const core = new FlagdCore(undefined, silent, { disableDynamicCodeGeneration: true });
    core.setConfigurations(JSON.stringify({ flags: { [name]: flags[name] }, $evaluators }));
    this.#cores.set(name, core);
    return core;
  }
}
