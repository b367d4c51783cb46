import type { ForcedRung } from '../../../contract/switch-value.ts';
import type { FeaturePolicy } from '../../../derive/policies/policies.ts';
import type { Clock } from '../../../ports/clock/port.ts';
import type { HeldClients } from '../../edge/rules/held-clients.ts';
import type { Answer, Exchange } from '../../exchange.ts';
import type { AnswerFailure } from '../../failure.ts';
import { problemAnswer } from '../../problems.ts';
import type { CompiledRoute } from '../route/compile-routes.ts';
import { closedAnswer } from '../closed-answer.ts';
import { switchFor } from './feature-switch.ts';

export interface SwitchParts {
  readonly clock: Clock;
  /** Clients that a switch keeps waiting, each on a connection: at most so many in each worker. */
  readonly slowed: HeldClients;
}

/** For who is not told when it ends. */
const RETRY_AFTER_MS = 60_000;
const LONGEST_RETRY_AFTER_S = 3_600;

const safe = new Set(['GET', 'HEAD', 'OPTIONS', 'QUERY']);

/**
 * The answer of a feature that is switched, before anything is asked: a failure of the cause
 * `switched`, with the rung that is forced for the ladder to take where it is one that gives
 * something. Null where the switch lets this request through: it is on for who asks, or its rung is
 * not for this method.
 */
export function applySwitch(
  exchange: Exchange,
  route: CompiledRoute,
  { clock }: SwitchParts,
): Answer | null {
  const value = switchFor(route.switched, exchange);
  if (value?.kind !== 'rung') return null;
  const { rung } = value;
  if (!isFor(rung, exchange.request.method, route.policy)) return null;
  const { untilMs } = route.switched;
  const waitMs = untilMs === null ? RETRY_AFTER_MS : untilMs - clock.nowMs();
  const isReadOnly = rung === 'read-only';
  const code = isReadOnly ? 'feature-read-only' : 'switched-off';
  const failure: AnswerFailure = { cause: 'switched', need: null, reached: false, rung };
  const name = isReadOnly ? rung : 'closed';
  return { ...closedAnswer(exchange, code, saying(code, waitMs)), failure, rung: { name } };
}

const details = {
  'switched-off': 'This part of the site is switched off for the moment. Try again later.',
  'feature-read-only': 'Nothing can be changed here for the moment. Try again later.',
  'slowed-too-many': 'This part of the site is very busy. Try again in a moment.',
} as const;

function saying(code: keyof typeof details, waitMs: number): { detail: string; waitS: number } {
  const waitS = Math.min(LONGEST_RETRY_AFTER_S, Math.max(1, Math.ceil(waitMs / 1_000)));
  return { detail: details[code], waitS };
}

/**
 * `closed` is for every request. Another rung is for the methods that the ladder has it for, so
 * that a page that is shown from a snapshot does not keep a form from being sent.
 */
function isFor(rung: ForcedRung, method: string, { ladder }: FeaturePolicy): boolean {
  if (rung === 'closed') return true;
  if (rung === 'read-only') return !safe.has(method);
  const declared = ladder.flatMap(({ rungs }) => rungs.filter(({ kind }) => kind === rung));
  // A rung that the ladder has no more: somebody wanted the service left alone.
  return declared.length === 0 || declared.some(({ methods }) => methods.includes(method));
}

/**
 * Keeps a request waiting before its service is asked, where a switch slows the feature; null where
 * none does. Who leaves meanwhile is let go, and asks the service nothing.
 */
export function slowDown(
  exchange: Exchange,
  route: CompiledRoute,
  { slowed }: SwitchParts,
  attempt: () => Answer | Promise<Answer>,
): Answer | Promise<Answer> | null {
  const value = switchFor(route.switched, exchange);
  if (value?.kind !== 'slow') return null;
  const held = slowed.hold(exchange, value.delayMs);
  if (held === null) {
    const failure: AnswerFailure = { cause: 'switched', need: null, reached: false };
    const said = saying('slowed-too-many', value.delayMs);
    return { ...closedAnswer(exchange, 'slowed-too-many', said), failure };
  }
  return held.then((isThere) => (isThere ? attempt() : gone(exchange)));
}

function gone(exchange: Exchange): Answer {
  const detail = 'The request is not complete.';
  return problemAnswer('bad-request', { detail, requestId: exchange.id });
}
