import { openWrite, type QueuedHead, sealOutcome } from '../../../../contract/queued-write.ts';
import type { WriteKeys } from '../../../../contract/write-keys.ts';
import type { ClaimedWrite, Settlement, WriteDrain } from '../../../../ports/writes/port.ts';
import type { Answer, Exchange } from '../../../exchange.ts';
import type { CompiledRoute } from '../../route/compile-routes.ts';
import type { FeatureReplay, Next } from './feature-replay.ts';
import { judgeReplay } from './judge-replay.ts';
import { outcomeOf, readAnswerBody } from './read-outcome.ts';
import { ReplayExchange } from './replay-exchange.ts';

export interface ReplayParts {
  readonly keys: () => WriteKeys | null;
  /** Who takes it now; `not-yet` while there is no configuration, null where nobody takes it. */
  routeOf(head: QueuedHead, feature: string): CompiledRoute | 'not-yet' | null;
  attempt(exchange: Exchange, route: CompiledRoute): Answer | Promise<Answer>;
  /** Its service took a write of this method: so the feature is well. */
  wentWell(route: CompiledRoute, method: string): void;
  monotonicMs(): number;
}

/** A claim is held longer than any replay may take, so that none is sent twice at a time. */
export const CLAIM_MS = 300_000;
const LONGEST_REPLAY_MS = 120_000;
const NOT_YET_MS = 1_000;
const REASON_BYTES = 1_000;

/** Sends one claimed write and settles it by what comes of it. Rejects as the port does. */
export async function replayWrite(
  claimed: ClaimedWrite,
  drain: WriteDrain,
  feature: FeatureReplay,
  parts: ReplayParts,
): Promise<Settlement> {
  const keys = parts.keys();
  if (keys === null) return drain.delay(claimed, NOT_YET_MS);
  const write = openWrite(keys, claimed.feature, claimed.id, claimed.body);
  if (write === null) return drain.deadLetter(claimed, 'unreadable: no key of the site opens it');
  const route = parts.routeOf(write.head, claimed.feature);
  if (route === 'not-yet') return drain.delay(claimed, NOT_YET_MS);
  if (route === null) {
    const { method } = write.head;
    return drain.deadLetter(claimed, `refused: no route of the feature takes its ${method} now`);
  }
  const deadlineMs = Math.min(route.deadlineMs, LONGEST_REPLAY_MS);
  const exchange = new ReplayExchange(write, claimed.attempts);
  const answer = await parts.attempt(exchange, { ...route, deadlineMs });
  const body = await withinMs(readAnswerBody(answer), answer);
  const verdict = judgeReplay({ ...answer, body }, route.policy.once);
  switch (verdict.kind) {
    case 'done': {
      feature.answered(claimed.id);
      parts.wentWell(route, write.head.method);
      const outcome = outcomeOf(answer, body);
      const sealed = sealOutcome(keys, claimed.feature, claimed.id, outcome);
      return drain.acknowledge(claimed, sealed);
    }
    case 'refused':
      if (verdict.reason.startsWith('refused')) feature.answered(claimed.id);
      else feature.gaveUp(claimed.id, parts.monotonicMs());
      return drain.deadLetter(claimed, shortened(verdict.reason));
    case 'down':
      return settle(claimed, drain, feature.down(claimed.id, parts.monotonicMs()));
    case 'again':
      return settle(claimed, drain, feature.again(claimed.id, verdict.why, parts.monotonicMs()));
  }
}

function settle(claimed: ClaimedWrite, drain: WriteDrain, next: Next): Promise<Settlement> {
  return next.kind === 'delay'
    ? drain.delay(claimed, next.delayMs)
    : drain.deadLetter(claimed, shortened(next.reason));
}

/** The body of an answer that never ends must not hold up its key. */
async function withinMs(
  reading: Promise<Uint8Array | null>,
  { body }: Answer,
): Promise<Uint8Array | null> {
  if (body === null || body instanceof Uint8Array) return reading;
  const timer = setTimeout(() => body.destroy(), LONGEST_REPLAY_MS);
  try {
    return await reading;
  } finally {
    clearTimeout(timer);
  }
}

function shortened(reason: string): string {
  return Buffer.byteLength(reason) <= REASON_BYTES ? reason : reason.slice(0, REASON_BYTES / 4);
}
