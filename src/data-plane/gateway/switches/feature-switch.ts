import type { ForcedRung, SwitchValue } from '../../../contract/switch-value.ts';
import type { Exchange } from '../../exchange.ts';

/** What a switch says of requests. */
export type SwitchState =
  | Exclude<SwitchValue, { readonly kind: 'on' }>
  /** It depends on who asks: null for on. */
  | {
      readonly kind: 'targeted';
      readonly valueFor: (exchange: Exchange) => Exclude<SwitchValue, { kind: 'on' }> | null;
    };

/** The switch of one feature: routes hold it, so that no request looks anything up. */
export interface FeatureSwitch {
  /** Null is on, for everybody. */
  readonly inForce: SwitchState | null;
  /** When what is in force ends by itself, in milliseconds since the epoch; null for never. */
  readonly untilMs: number | null;
}

/**
 * Whether nobody's writes may reach the service: then what was queued waits on. A rung for reads
 * alone holds nothing back.
 */
export function holdsWrites({ inForce }: FeatureSwitch): boolean {
  return inForce?.kind === 'rung' && writeRungs.has(inForce.rung);
}

const writeRungs: ReadonlySet<ForcedRung> = new Set(['queue', 'read-only', 'redirect', 'closed']);

/** What holds for one request; null is on. */
export function switchFor(
  { inForce }: FeatureSwitch,
  exchange: Exchange,
): Exclude<SwitchValue, { readonly kind: 'on' }> | null {
  return inForce?.kind === 'targeted' ? inForce.valueFor(exchange) : inForce;
}
