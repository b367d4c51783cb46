import type { FeaturePolicy, RungPolicy } from '../../../derive/policies/policies.ts';
import type { TimerWheel } from '../../../lib/timer-wheel.ts';
import { type Answer, type Exchange, header } from '../../exchange.ts';
import type { AnswerFailure } from '../../failure.ts';
import type { ConfigurationFiles } from '../../kept-files.ts';
import { problemAnswer } from '../../problems.ts';
import type { CompiledRoute } from '../route/compile-routes.ts';
import { compileLadder, type CompiledStep, stepFor, stepOf } from './compile-ladder.ts';
import { FeatureLadder } from './feature-ladder.ts';
import { settleFailure } from './settle-failure.ts';
import type { PreparedWrite } from '../writes/prepare-write.ts';
import type { RungInForce, StandingParts, Standings } from './standings.ts';
import { isSure, release, type RungParts, type Taking, takeRung } from './take-rung.ts';

export interface LadderParts extends RungParts {
  readonly wheel: TimerWheel;
  readonly standing: StandingParts;
}

/**
 * What happens when a feature fails: its manifest's ladder is stepped down for the need that was
 * lost, and stepped up again with hysteresis. All of it holds in this worker alone.
 */
export class Ladders {
  readonly #parts: LadderParts;
  #features = new Map<string, FeatureLadder>();

  constructor(parts: LadderParts) {
    this.#parts = parts;
  }

  /** The ladder of a feature: the one in force where it does the same; null where it has none. */
  of(
    policy: FeaturePolicy,
    files: ConfigurationFiles,
    digests: Readonly<Record<string, string>>,
  ): FeatureLadder | null {
    const ladder = compileLadder(policy, files, digests);
    if (ladder === null) return null;
    const running = this.#features.get(policy.feature);
    if (running?.ladder.mark === ladder.mark) return running;
    return new FeatureLadder(ladder, this.#parts.standing);
  }

  /** These are in force now, and no others. */
  use(ladders: readonly FeatureLadder[]): void {
    const before = [...this.#features.values()];
    this.#features = new Map(ladders.map((each) => [each.ladder.feature, each]));
    for (const each of before) if (!ladders.includes(each)) each.end();
  }

  /** Those that answer now; to be asked once a second or so. */
  inForce(): readonly RungInForce[] {
    for (const each of this.#features.values()) each.settle();
    return [...this.#features.values()].flatMap((each) => each.inForce());
  }

  /**
   * Asks the service, unless it has said that it lost what this needs: then a rung that is sure to
   * answer need not wait for it to fail again, but for a request now and then that sees how it
   * stands. What comes of it is remembered.
   */
  ask(
    exchange: Exchange,
    route: CompiledRoute,
    forward: (exchange: Exchange) => Answer | Promise<Answer>,
  ): Answer | Promise<Answer> {
    const { ladder } = route;
    if (ladder === null) return forward(exchange);
    const standings = ladder.standings(exchange.request.method);
    if (!standings.areWell) {
      const held = this.#held(exchange, route, ladder, standings);
      if (held !== null) return held;
    }
    const askedMs = this.#parts.standing.monotonicMs();
    const answer = forward(exchange);
    return answer instanceof Promise
      ? answer.then(
          (came) => this.#learn(came, exchange, route, ladder, standings, askedMs),
          (error: unknown) => {
            standings.unclear();
            throw error;
          },
        )
      : this.#learn(answer, exchange, route, ladder, standings, askedMs);
  }

  /**
   * The answer as it is, or what the first rung that can answers in its place. `prepared` is what
   * was made of a write before it was first tried.
   */
  answer(
    exchange: Exchange,
    route: CompiledRoute,
    answer: Answer,
    prepared: PreparedWrite | null,
  ): Answer | Promise<Answer> {
    const { failure } = answer;
    const { ladder } = route;
    if (failure === undefined || ladder === null) return answer;
    const taking: Taking = { exchange, route, failure, answer, prepared };
    const { rung, need } = failure;
    const step = rung === undefined ? stepFor(ladder.ladder, need) : stepOf(ladder.ladder, rung);
    return step === null ? answer : this.#descend(step, taking, ladder, 0);
  }

  #descend(
    step: CompiledStep,
    taking: Taking,
    ladder: FeatureLadder,
    from: number,
  ): Answer | Promise<Answer> {
    const { method } = taking.exchange.request;
    for (let at = from; at < step.rungs.length; at++) {
      const rung = step.rungs[at];
      if (rung === undefined || !rung.methods.has(method)) continue;
      const taken = takeRung(rung, taking, this.#parts);
      if (taken === null) continue;
      if (taken instanceof Promise) {
        return taken.then((later) =>
          later === null
            ? this.#descend(step, taking, ladder, at + 1)
            : this.#taken(later, rung.policy.kind, taking, ladder),
        );
      }
      return this.#taken(taken, rung.policy.kind, taking, ladder);
    }
    return taking.answer;
  }

  /** Why the service could not answer is said beside what stands in for it (RFC 9209 2). */
  #taken(
    answer: Answer,
    rung: RungPolicy['kind'],
    { exchange, answer: failed, failure }: Taking,
    ladder: FeatureLadder,
  ): Answer {
    ladder.served(rung, exchange.request.method, failure);
    const told = { ...answer, rung: answer.rung ?? { name: rung }, failure };
    // A rung that can say no more than what failed.
    if (answer.failure !== undefined) return told;
    release(failed);
    if (answer.problem !== undefined || rung === 'region') return told;
    return { ...told, more: [...(answer.more ?? []), 'proxy-status', whyOf(failed)] };
  }

  #held(
    exchange: Exchange,
    route: CompiledRoute,
    ladder: FeatureLadder,
    standings: Standings,
  ): Answer | null {
    const held = standings.held();
    if (held === null) {
      standings.probing();
      return null;
    }
    const { method } = exchange.request;
    const step = stepFor(ladder.ladder, held.need);
    const isAnswered = step?.rungs.some(
      (rung) => rung.methods.has(method) && isSure(rung, exchange, route, this.#parts),
    );
    if (isAnswered !== true) return null;
    const failure: AnswerFailure = { cause: held.cause, need: held.need, reached: false };
    const detail = 'Try again in a moment.';
    return { ...problemAnswer('need-lost', { detail, requestId: exchange.id }), failure };
  }

  #learn(
    answer: Answer,
    exchange: Exchange,
    route: CompiledRoute,
    { ladder }: FeatureLadder,
    standings: Standings,
    askedMs: number,
  ): Answer | Promise<Answer> {
    const { failure } = answer;
    if (failure?.cause === 'shed' || failure?.cause === 'switched') {
      // That there is no room for it now says nothing of whether it would work.
      standings.unclear();
      return answer;
    }
    if (failure !== undefined) {
      standings.failed(failure.need, failure.cause);
      return exchange.request.method === 'GET' ? settleFailure(answer, this.#parts.wheel) : answer;
    }
    const isUnclear = answer.problem !== undefined || answer.status >= 500;
    if (isUnclear) {
      standings.unclear();
      return answer;
    }
    standings.answered();
    if (ladder.staleMs === 0) return answer;
    return this.#parts.lastGood.keep(route.side, exchange, answer, ladder.staleMs, askedMs);
  }
}

function whyOf({ problem, headers, status }: Answer): string {
  const said = problem === undefined ? undefined : header(headers, 'proxy-status');
  return said ?? `turnout; received-status=${status}`;
}
