import type {
  FlagDefinition,
  FlagsDocument,
  FlagsRecord,
  SetFlag,
  SetFlags,
} from '../../contract/flags.ts';
import { ownValue } from '../../lib/own-value.ts';

/** Where a value stands that is no variant of what is written. */
const BY_HAND = 'set-by-hand';

/**
 * What is in force at a moment: what is written, and over it what people set by hand that has not
 * ended. A flag that is set and no longer written is not there.
 */
export function flagsInForce(
  { document }: Pick<FlagsRecord, 'document'>,
  set: SetFlags,
  nowMs: number,
): FlagsDocument {
  const flags: Record<string, FlagDefinition> = { ...document.flags };
  for (const [name, by] of Object.entries(set.flags)) {
    const written = ownValue(document.flags, name);
    if (written === undefined || hasEnded(by, nowMs)) continue;
    flags[name] = setByHand(written, by);
  }
  return { flags, $evaluators: document.$evaluators };
}

export function hasEnded({ expiresMs }: Pick<SetFlag, 'expiresMs'>, nowMs: number): boolean {
  return expiresMs !== null && expiresMs <= nowMs;
}

/** For everybody: a rule that could choose otherwise is left out, and a DISABLED flag counts. */
function setByHand({ variants, metadata }: FlagDefinition, by: SetFlag): FlagDefinition {
  const rest = { state: 'ENABLED', ...(metadata === undefined ? {} : { metadata }) } as const;
  const { variant, value } = by;
  if (variant !== null && ownValue(variants, variant) !== undefined) {
    return { ...rest, variants, defaultVariant: variant };
  }
  // All variants of a flag are of one type, or flagd would refuse it.
  const alike = Object.entries(variants).filter(([, other]) => typeof other === typeof value);
  return {
    ...rest,
    variants: { ...Object.fromEntries(alike), [BY_HAND]: value },
    defaultVariant: BY_HAND,
  };
}
