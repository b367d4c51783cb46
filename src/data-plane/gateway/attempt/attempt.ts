import type { TimerWheel } from '../../../lib/timer-wheel.ts';
import type { Clock } from '../../../ports/clock/port.ts';
import type { Randomness } from '../../../ports/randomness/port.ts';
import type { Answer, Exchange } from '../../exchange.ts';
import type { FailureCause } from '../../failure.ts';
import { problemAnswer } from '../../problems.ts';
import { Admission } from '../circuits/admission.ts';
import type { CompiledRoute } from '../route/compile-routes.ts';
import type { UpstreamConnection } from '../upstream/connection.ts';
import type { Endpoint } from '../upstream/endpoint.ts';
import type { UpstreamRequestBody } from '../upstream/request-body.ts';
import { requestHead } from '../upstream/request-head.ts';
import type { Failure, Outcome, UpstreamRequest } from '../upstream/upstream-exchange.ts';
import { chooseEndpoint } from './choose-endpoint.ts';
import { bodyTooLarge, failureProblem, refusedAnswer } from './failed-answer.ts';
import { judgeAnswer } from './judge-answer.ts';
import { readWholeBody } from './read-whole-body.ts';

export interface AttemptParts {
  readonly clock: Clock;
  readonly randomness: Randomness;
  readonly wheel: TimerWheel;
  readonly counters: AttemptCounters;
}

/** What happened since the start. */
export interface AttemptCounters {
  attempts: number;
  retries: number;
  failures: number;
}

/** Methods that may be sent twice (RFC 9110, section 9.2.2). */
const idempotent = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE']);
const ofClient = new Set<Failure>(['gone', 'body-too-large']);
/** What a ladder is told; null for what is the client's doing. */
const causes: Readonly<Record<Failure, FailureCause | null>> = {
  refused: 'unreached',
  lost: 'lost',
  malformed: 'malformed',
  late: 'late',
  'body-too-large': null,
  gone: null,
};
const MAX_ATTEMPTS = 4;
/** Shorter bodies are read whole before the service is bothered, and can be sent again. */
const WHOLE_BODY_BYTES = 16 * 1024;

/**
 * Asks an instance of the route's service, and others after it while that is safe: a request that
 * certainly did not arrive may always go to another; one that may have arrived only if its method
 * is idempotent, its body at hand and the retry budget not spent. Nothing is tried again once an
 * answer has begun. Where a breaker is open or the bulkhead full, nobody is asked.
 */
export function attempt(
  exchange: Exchange,
  route: CompiledRoute,
  parts: AttemptParts,
): Answer | Promise<Answer> {
  const { body, expectContinue } = exchange.request;
  if (body === null) return new Attempt(exchange, route, parts, null).run();
  const { lengthBytes, stream, whole } = body;
  if (whole !== undefined) {
    return new Attempt(exchange, route, parts, { kind: 'whole', bytes: whole }).run();
  }
  if ((lengthBytes ?? 0) > route.bodyBytes) {
    return bodyTooLarge(exchange, route);
  }
  if (lengthBytes === null || lengthBytes > WHOLE_BODY_BYTES || expectContinue) {
    const streamed = { ...body, kind: 'stream', limitBytes: route.bodyBytes } as const;
    return new Attempt(exchange, route, parts, streamed).run();
  }
  return readWholeBody(stream, lengthBytes).then((bytes) => {
    if (bytes === null) {
      const detail = 'The body is not complete.';
      return problemAnswer('bad-request', { detail, requestId: exchange.id });
    }
    return new Attempt(exchange, route, parts, { kind: 'whole', bytes }).run();
  });
}

/**
 * One request's way through as many endpoints as it takes; it is what connections are given to
 * send.
 */
class Attempt implements UpstreamRequest {
  readonly method: string;
  readonly exchange: Exchange;
  readonly body: UpstreamRequestBody | null;
  readonly upgrades: boolean;
  head = '';
  deadlineMs = 0;
  readonly #route: CompiledRoute;
  readonly #parts: AttemptParts;
  readonly #admission: Admission;
  readonly #startMs: number;
  readonly #repeatable: boolean;
  readonly #tried: Endpoint[] = [];
  #resolve: (answer: Answer) => void = () => undefined;
  #endpoint: Endpoint | null = null;
  #connection: UpstreamConnection | null = null;
  #beganMs = 0;
  #attempts = 0;
  /** The present attempt repeats one whose kept connection was closed at the same moment. */
  #onNewConnection = false;
  #abandoned = false;
  /** A byte of the request may have got to an instance, in this attempt or one before it. */
  #reached = false;

  constructor(
    exchange: Exchange,
    route: CompiledRoute,
    parts: AttemptParts,
    body: UpstreamRequestBody | null,
  ) {
    this.method = exchange.request.method;
    this.exchange = exchange;
    this.body = body;
    this.upgrades = exchange.request.upgrade !== null;
    this.#route = route;
    this.#parts = parts;
    this.#admission = new Admission(route, this.method);
    this.#startMs = parts.clock.monotonicMs();
    this.#repeatable = idempotent.has(this.method);
  }

  run(): Answer | Promise<Answer> {
    const refusal = this.#admission.enter(this.#startMs);
    if (refusal !== null) return refusedAnswer(this.exchange, refusal);
    this.#route.service.retries.deposit();
    this.exchange.onAbandoned(() => {
      this.#abandoned = true;
      this.#connection?.abandon('gone');
    });
    return new Promise((resolve) => {
      this.#resolve = resolve;
      this.#tryOne(null, this.#choose(), this.#startMs);
    });
  }

  #choose(): Endpoint | null {
    const { service, limitInFlight } = this.#route;
    return chooseEndpoint(service.endpoints, this.#tried, limitInFlight, this.#parts.randomness);
  }

  /** Sends to `endpoint`; where there is none, the last failure is the answer. */
  #tryOne(last: Failure | null, endpoint: Endpoint | null, nowMs: number): void {
    if (endpoint === null) {
      if (last === null) this.#finish(this.#nobody(), null, nowMs);
      else this.#fail(last, nowMs);
      return;
    }
    this.deadlineMs = this.#route.deadlineMs - (nowMs - this.#startMs);
    if (this.deadlineMs <= 0) {
      this.#fail('late', nowMs);
      return;
    }
    const kept = this.#repeatable ? 'any' : 'recent';
    const connection = endpoint.take(this.#onNewConnection ? 'new' : kept);
    this.#attempts++;
    this.#parts.counters.attempts++;
    this.#beganMs = nowMs;
    this.#endpoint = endpoint;
    this.#connection = connection;
    endpoint.inFlight++;
    const path = this.#route.rewrite(this.exchange.request.path);
    this.head = requestHead(this.exchange, path, endpoint.origin);
    connection.exchange(this);
  }

  settled(outcome: Outcome): void {
    const endpoint = this.#endpoint;
    const connection = this.#connection;
    if (endpoint === null || connection === null) return;
    this.#connection = null;
    const nowMs = this.#parts.clock.monotonicMs();
    if (outcome.kind === 'answer') {
      const answer = judgeAnswer(outcome.answer, this.#route.policy);
      const isOwnFault = answer.status >= 500 && (answer.failure?.need ?? null) === null;
      endpoint.learn(outcome, nowMs - this.#beganMs, isOwnFault);
      occupyUntilClosed(endpoint, this.#admission, outcome.answer);
      this.#route.service.needs.heard(endpoint.id, outcome.answer.report, nowMs);
      // How long a client takes to send what it has is not the service's slowness.
      const tookMs = this.body?.kind === 'stream' ? 0 : nowMs - this.#startMs;
      this.#admission.reached(nowMs, tookMs, answer.failure);
      this.#resolve(answer);
      return;
    }
    endpoint.inFlight--;
    this.#reached ||= outcome.sent;
    if (!ofClient.has(outcome.failure)) this.#parts.counters.failures++;
    // A kept connection that the origin closed just now says nothing about the origin.
    const closedMeanwhile =
      outcome.failure === 'lost' && connection.reused && !this.#onNewConnection;
    if (!closedMeanwhile) {
      endpoint.learn(outcome, 0);
      this.#tried.push(endpoint);
    }
    if (!this.#mayTryAgain(outcome)) {
      this.#fail(outcome.failure, nowMs);
      return;
    }
    this.#parts.counters.retries++;
    this.#onNewConnection = closedMeanwhile;
    this.#tryOne(outcome.failure, closedMeanwhile ? endpoint : this.#choose(), nowMs);
  }

  #fail(failure: Failure, nowMs: number): void {
    this.#finish(this.#failed(failure), failure, nowMs);
  }

  /** Ends it with an answer of our own; `failure` is null where no instance was asked. */
  #finish(answer: Answer, failure: Failure | null, nowMs: number): void {
    const admission = this.#admission;
    if (failure === null || ofClient.has(failure)) admission.gone(nowMs);
    else if (this.#reached) admission.reached(nowMs, 0, answer.failure);
    else admission.unreached(nowMs);
    admission.leave();
    this.#resolve(answer);
  }

  #mayTryAgain(outcome: Extract<Outcome, { kind: 'failed' }>): boolean {
    if (this.#abandoned || this.#attempts >= MAX_ATTEMPTS) return false;
    // Not sent: free of risk and cheap. It is bounded by MAX_ATTEMPTS alone.
    if (outcome.failure === 'refused') return true;
    if (outcome.failure !== 'lost') return false;
    if (!outcome.sent) return true;
    if (!this.#repeatable || this.body?.kind === 'stream') return false;
    return this.#route.service.retries.withdraw();
  }

  #nobody(): Answer {
    const code = this.#route.service.endpoints.length === 0 ? 'no-instance' : 'instances-busy';
    const detail = 'Try again in a moment.';
    const requestId = this.exchange.id;
    const answer = problemAnswer(code, { detail, requestId, headers: ['retry-after', '1'] });
    return { ...answer, failure: { cause: 'unreached', need: null, reached: this.#reached } };
  }

  /** What the client did is no failure of the feature. */
  #failed(failure: Failure): Answer {
    const answer = failureProblem(this.exchange, failure, this.#repeatable, this.#route);
    const cause = causes[failure];
    if (cause === null) return answer;
    return { ...answer, failure: { cause, need: null, reached: this.#reached } };
  }
}

/** An answer that is still coming, and a tunnel, count as in flight until they close. */
function occupyUntilClosed(endpoint: Endpoint, admission: Admission, answer: Answer): void {
  const rest = answer.tunnel ?? answer.body;
  const leave = (): void => {
    endpoint.inFlight--;
    admission.leave();
  };
  if (rest === null || rest instanceof Uint8Array) leave();
  else rest.once('close', leave);
}
