import { log } from '../log.ts';
import { NeedLostError } from '../need-lost-error.ts';
import { problem } from './answers.ts';
import { RequestProblem } from './request-problem.ts';

export interface ErrorAnswer {
  readonly response: Response;
  /** The need that the request failed for, named in `Service-Health`. */
  readonly lost: string | null;
}

/** What a thrown error is answered with. Reasons stay in the log; the public reads the answer. */
export function answerError(error: unknown): ErrorAnswer {
  if (error instanceof RequestProblem) {
    return { response: problem(error.status, error.title, error.detail), lost: null };
  }
  if (error instanceof NeedLostError) {
    log.warn('a need is lost', { need: error.need, reason: error.reason, outcome: error.outcome });
    return { response: lostAnswer(error), lost: error.need };
  }
  log.error('request failed', { error });
  const detail = 'It is in our log, with the id of this request.';
  return { response: problem(500, 'Something went wrong', detail), lost: null };
}

/** What is lost, in words for the public: by which name, and why, is none of theirs. */
const somethingLost = 'Something this depends on is lost.';
const primaryLost = 'The database that this needs takes no changes at the moment.';

function lostAnswer({ need, outcome }: NeedLostError): Response {
  if (outcome === 'unknown') {
    const detail = 'It may have been done. Ask for the state before you send it again.';
    return problem(504, 'Outcome unknown', detail, { type: 'urn:turnout:problem:outcome-unknown' });
  }
  const response = problem(
    503,
    'Not possible at the moment',
    `${need.endsWith('.primary') ? primaryLost : somethingLost} Nothing was done; try again in a moment.`,
    { type: 'urn:turnout:problem:need-lost' },
  );
  response.headers.set('retry-after', '2');
  return response;
}
