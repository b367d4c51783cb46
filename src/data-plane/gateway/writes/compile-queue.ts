import type { FeaturePolicy, RungPolicy } from '../../../derive/policies/policies.ts';
import { compileOrderKey, type OrderKeyReader } from './order-key.ts';

export type QueueRung = Extract<RungPolicy, { kind: 'queue' }>;

/** How writes of a route are queued, with nothing left to parse. */
export interface CompiledQueue {
  /** Those that may wait. */
  readonly methods: ReadonlySet<string>;
  readonly orderOf: OrderKeyReader;
  /** The header by which the service knows the caller, kept for the replay; null for none. */
  readonly credential: string | null;
  /** Where the browser of an HTML form is sent; null for a page of our own. */
  readonly page: string | null;
  /** Used where a write goes behind others that wait already. */
  readonly rung: QueueRung;
}

/** Null where no rung of the feature queues. A route's writes have one order, by its first rung. */
export function compileQueue(
  { ladder, replay }: Pick<FeaturePolicy, 'ladder' | 'replay'>,
  path: string,
): CompiledQueue | null {
  const rungs = ladder.flatMap((step) => step.rungs.filter((rung) => rung.kind === 'queue'));
  const [rung] = rungs;
  if (rung === undefined) return null;
  return {
    methods: new Set(rungs.flatMap(({ methods }) => methods)),
    orderOf: compileOrderKey(rung.by, path),
    credential: replay?.credential ?? null,
    page: replay?.page ?? null,
    rung,
  };
}
