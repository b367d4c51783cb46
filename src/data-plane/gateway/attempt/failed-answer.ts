import type { Answer, Exchange } from '../../exchange.ts';
import { type ProblemCode, problemAnswer } from '../../problems.ts';
import type { Refusal } from '../circuits/admission.ts';
import type { CompiledRoute } from '../route/compile-routes.ts';
import type { Failure } from '../upstream/upstream-exchange.ts';

/** What the client is told; `certain` where doing it again does no harm, whatever became of it. */
export function failureProblem(
  exchange: Exchange,
  failure: Failure,
  certain: boolean,
  route: CompiledRoute,
): Answer {
  const unknown = 'It may or may not have taken effect: look before you send it again.';
  switch (failure) {
    case 'refused':
      return problem(exchange, 'connection-refused', 'Try again in a moment.', [
        'retry-after',
        '1',
      ]);
    case 'lost':
      return certain
        ? problem(exchange, 'connection-lost', 'Try again in a moment.')
        : problem(exchange, 'outcome-unknown', unknown);
    case 'malformed':
      return problem(
        exchange,
        'bad-upstream-answer',
        certain ? 'This needs the operators of the site.' : unknown,
      );
    case 'late':
      return certain
        ? problem(exchange, 'deadline-exceeded', 'Try again in a moment.')
        : problem(exchange, 'outcome-unknown-late', unknown);
    case 'body-too-large':
      return bodyTooLarge(exchange, route);
    case 'gone':
      return problem(exchange, 'bad-request', 'The request is not complete.');
  }
}

export function bodyTooLarge(exchange: Exchange, { bodyBytes }: CompiledRoute): Answer {
  return problem(exchange, 'body-too-large', `At most ${bodyBytes} bytes are taken here.`);
}

/** Nobody was asked: a breaker is open, for the need that it knows, or the bulkhead is full. */
export function refusedAnswer(exchange: Exchange, refusal: Refusal): Answer {
  if (refusal.kind === 'full') {
    const answer = problem(exchange, 'limit-reached', 'Try again in a moment.', [
      'retry-after',
      '1',
    ]);
    return { ...answer, failure: { cause: 'unreached', need: null, reached: false } };
  }
  const { need, waitMs } = refusal;
  const seconds = Math.max(1, Math.ceil(waitMs / 1_000));
  const detail = `Try again in ${seconds === 1 ? 'a second' : `${seconds} seconds`}.`;
  const answer = problem(exchange, 'circuit-open', detail, ['retry-after', `${seconds}`]);
  return { ...answer, failure: { cause: 'open', need, reached: false } };
}

function problem(
  exchange: Exchange,
  code: ProblemCode,
  detail: string,
  headers: readonly string[] = [],
): Answer {
  return problemAnswer(code, { detail, requestId: exchange.id, headers });
}
