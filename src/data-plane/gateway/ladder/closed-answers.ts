import type { Randomness } from '../../../ports/randomness/port.ts';
import { joined } from '../../edge/cache/flat-headers.ts';
import type { Answer, Exchange } from '../../exchange.ts';
import { type ProblemCode, problemAnswer } from '../../problems.ts';

/** When a client may ask again: between these, drawn for each, so that they do not come at once. */
const SOONEST_S = 5;
const LATEST_S = 15;

const words = {
  'feature-closed': 'This is closed for the moment, and will be back.',
  'feature-read-only': 'This can be read, but not changed, for the moment.',
} as const satisfies Partial<Record<ProblemCode, string>>;

/**
 * What the rungs `closed` and `read-only` say: a page to browsers, a problem to programs.
 * `isUntouched` is a write of which no byte got to the service.
 */
export function closedAnswer(
  code: keyof typeof words,
  exchange: Exchange,
  isUntouched: boolean,
  randomness: Randomness,
): Answer {
  const waitS = SOONEST_S + randomness.integer(LATEST_S - SOONEST_S + 1);
  const detail = isUntouched ? `${words[code]} What you sent was not taken.` : words[code];
  const requestId = exchange.id;
  const headers = ['retry-after', String(waitS), 'vary', 'accept'];
  const answer = problemAnswer(code, { detail, requestId, headers });
  return wantsPage(exchange) ? asPage(answer, detail) : answer;
}

function wantsPage({ request }: Exchange): boolean {
  const accept = joined(request.headers, 'accept') ?? '';
  return /(?:^|,)\s*text\/html\s*(?:;(?!\s*q=0(?:\.0*)?\s*(?:,|$))|,|$)/i.test(accept);
}

function asPage(answer: Answer, detail: string): Answer {
  const headers = answer.headers.map((value, index) =>
    answer.headers[index - 1] === 'content-type' && index % 2 === 1
      ? 'text/html; charset=utf-8'
      : value,
  );
  return { ...answer, headers, body: Buffer.from(page(detail)) };
}

/** Needs nothing else: no style, script or picture that could be away too. */
function page(detail: string): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Closed for the moment</title>
<style>
body{font:1.1rem/1.5 system-ui,sans-serif;max-width:34rem;margin:15vh auto;padding:0 1rem}
</style>
<h1>Closed for the moment</h1>
<p>${detail}</p>
</html>
`;
}
