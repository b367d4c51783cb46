import { type Answer, type Exchange, HeadMemo } from '../../exchange.ts';
import { problemAnswer } from '../../problems.ts';
import type { Candidates } from './candidates.ts';
import type { CompiledRule, CompiledRules } from './compile-rules.ts';
import type { HeldClients } from './held-clients.ts';
import { type Effects, judgeRequest, type RuleWorld, type Verdict } from './judge-request.ts';
import { RequestFacts } from './request-facts.ts';

export interface RuleParts {
  readonly world: RuleWorld;
  readonly held: HeldClients;
}

/** Who waited and left is told nothing: this is never sent. */
const gone: Answer = { status: 499, headers: [], body: null };
const RETRY_SECONDS = 10;

/**
 * Puts a request through the rules: gives their answer, or null where it goes on as `effects` then
 * say; later where a rule holds it first.
 */
export function applyRules(
  rules: CompiledRules,
  exchange: Exchange,
  effects: Effects,
  parts: RuleParts,
): Outcome | Promise<Outcome> {
  const { method, host, path } = exchange.request;
  const candidates = rules.index.candidates(method, host, path);
  if (candidates.isEmpty) return null;
  return judgeFrom(null, { rules, candidates, exchange, effects, parts });
}

/** Null where it goes on. */
type Outcome = Answer | null;

interface Application {
  readonly rules: CompiledRules;
  readonly candidates: Candidates<CompiledRule>;
  readonly exchange: Exchange;
  readonly effects: Effects;
  readonly parts: RuleParts;
}

/** Tries the rules behind the one that held the client; all of them where none did. */
function judgeFrom(
  held: CompiledRule | null,
  application: Application,
): Outcome | Promise<Outcome> {
  const { rules, candidates, exchange, effects, parts } = application;
  // Tables may be others than when it began to wait: the view is of this moment.
  const view = new RequestFacts(exchange.request, rules.geography);
  const list = candidates.of(view, exchange.request.memo);
  const from = held === null ? 0 : list.filter((one) => one.position <= held.position).length;
  const verdict = judgeRequest(list, from, { view, effects, request: exchange.id }, parts.world);
  switch (verdict.kind) {
    case 'go-on':
      tag(exchange, effects.tags);
      return null;
    case 'answer':
      return verdict.answer;
    case 'late-answer':
    case 'hold':
      return afterDelay(verdict, application);
  }
}

/** Where no more clients can be held, one that should be is turned away: it is no friend. */
function afterDelay(
  verdict: Extract<Verdict, { readonly delayMs: number }>,
  application: Application,
): Answer | Promise<Outcome> {
  const { exchange, parts } = application;
  const waited = parts.held.hold(exchange, verdict.delayMs);
  if (waited === null) {
    return problemAnswer('too-many-requests', {
      detail: `Try again in ${RETRY_SECONDS} seconds.`,
      requestId: exchange.id,
      headers: ['retry-after', String(RETRY_SECONDS)],
    });
  }
  return waited.then((isThere) => {
    if (!isThere) return gone;
    return verdict.kind === 'hold' ? judgeFrom(verdict.rule, application) : verdict.answer;
  });
}

/** Services are told in a header that no client can set; caches may vary by it. */
function tag(exchange: Exchange, tags: readonly string[]): void {
  if (tags.length === 0) return;
  const { request } = exchange;
  const headers = [...request.headers, 'turnout-tags', tags.join(', ')];
  exchange.request = { ...request, headers, memo: new HeadMemo(), tags };
}
