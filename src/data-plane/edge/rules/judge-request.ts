import type { RequestView } from '../../../lib/conditions/request-view.ts';
import type { Randomness } from '../../../ports/randomness/port.ts';
import type { Answer } from '../../exchange.ts';
import type { CompiledRule } from './compile-rules.ts';
import { describeAction, limitedAnswer } from './rule-actions.ts';
import { observe } from './rule-memory.ts';

/** What the rules make of a request, as far as they got. */
export type Verdict =
  | { readonly kind: 'go-on' }
  | { readonly kind: 'answer'; readonly rule: CompiledRule; readonly answer: Answer }
  /** The same, once the client has waited. */
  | {
      readonly kind: 'late-answer';
      readonly rule: CompiledRule;
      readonly answer: Answer;
      readonly delayMs: number;
    }
  /** The client waits, then the rules that follow are tried. */
  | { readonly kind: 'hold'; readonly rule: CompiledRule; readonly delayMs: number };

/** What rules change of a request that goes on. */
export interface Effects {
  tags: readonly string[];
  skipsCache: boolean;
}

export interface Judged {
  readonly view: RequestView;
  readonly effects: Effects;
  /** The id that an observation is kept under. */
  readonly request: string;
}

export interface RuleWorld {
  /** Milliseconds since the epoch: rules expire by it. */
  nowMs(): number;
  /** Milliseconds that only grow: buckets fill by them. */
  monotonicMs(): number;
  readonly randomness: Randomness;
}

const goOn: Verdict = { kind: 'go-on' };

/**
 * Tries the rules from `from` on, in their order. A condition that fails does not hold. `onHit` is
 * told of each rule that hits, for who wants to explain it.
 */
export function judgeRequest(
  candidates: readonly CompiledRule[],
  from: number,
  judged: Judged,
  world: RuleWorld,
  onHit: ((rule: CompiledRule) => void) | null = null,
): Verdict {
  for (let i = from; i < candidates.length; i++) {
    const rule = candidates[i];
    if (rule === undefined) break;
    if (rule.expiresMs !== null && rule.expiresMs <= world.nowMs()) continue;
    const { counters } = rule.memory;
    const holds = rule.holds(judged.view);
    if (holds === null) counters.errors += 1;
    if (holds !== true) continue;
    counters.hits += 1;
    onHit?.(rule);
    if (rule.rule.mode === 'observe') {
      noteObservation(rule, judged, world);
      continue;
    }
    const { action } = rule;
    switch (action.kind) {
      case 'answer':
        return { kind: 'answer', rule, answer: action.answer };
      case 'deceive': {
        const answer = action.draw(world.randomness);
        if (action.delayMs === 0) return { kind: 'answer', rule, answer };
        return { kind: 'late-answer', rule, answer, delayMs: action.delayMs };
      }
      case 'limit': {
        const waitMs = takeToken(rule, judged, world);
        if (waitMs === 0) break;
        counters.limited += 1;
        const answer = limitedAnswer(rule.rule.name, action.policy, waitMs, judged.request);
        return { kind: 'answer', rule, answer };
      }
      case 'hold':
        return { kind: 'hold', rule, delayMs: action.delayMs };
      case 'tag':
        if (!judged.effects.tags.includes(action.tag)) {
          judged.effects.tags = [...judged.effects.tags, action.tag];
        }
        break;
      case 'skip-cache':
        judged.effects.skipsCache = true;
        break;
      case 'pass':
        return goOn;
    }
  }
  return goOn;
}

/** How long to wait, 0 for not at all. A key that fails is an error, and holds nobody back. */
function takeToken({ action, memory }: CompiledRule, { view }: Judged, world: RuleWorld): number {
  if (action.kind !== 'limit') return 0;
  const key = action.key(view);
  if (key === null) {
    memory.counters.errors += 1;
    return 0;
  }
  return action.buckets.take(key, world.monotonicMs());
}

/** An observing rate limit counts as if it acted, so that one sees whom it would have held back. */
function noteObservation(rule: CompiledRule, judged: Judged, world: RuleWorld): void {
  const { counters, observations } = rule.memory;
  counters.observed += 1;
  const isLimit = rule.action.kind === 'limit';
  if (isLimit && takeToken(rule, judged, world) === 0) return;
  if (isLimit) counters.limited += 1;
  const { method, host, path, address } = judged.view;
  observe(observations, {
    atMs: world.nowMs(),
    request: judged.request,
    method,
    host,
    path,
    address,
    would: isLimit ? 'respond 429' : describeAction(rule.rule),
  });
}
