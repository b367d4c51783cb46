import { type Answer, type Exchange, header } from '../../exchange.ts';
import type { AnswerFailure } from '../../failure.ts';
import { type ProblemCode, problemAnswer } from '../../problems.ts';

/** For who is not told when it ends. */
const RETRY_AFTER_SECONDS = 60;
const LONGEST_RETRY_AFTER_SECONDS = 3_600;

/** What a switch turned away: for programs as problem+json, for people as a page. */
export function closedAnswer(
  exchange: Exchange,
  code: Extract<ProblemCode, 'switched-off' | 'read-only' | 'slowed-too-many'>,
  failure: AnswerFailure,
  waitMs: number | null,
): Answer {
  const seconds =
    waitMs === null
      ? RETRY_AFTER_SECONDS
      : Math.min(LONGEST_RETRY_AFTER_SECONDS, Math.max(1, Math.ceil(waitMs / 1_000)));
  const headers = ['retry-after', String(seconds)];
  const detail = details[code];
  const problem = problemAnswer(code, { detail, requestId: exchange.id, headers });
  if (!wantsPage(exchange)) return { ...problem, failure };
  const list = problem.headers.map((value, i) =>
    problem.headers[i - 1] === 'content-type' ? 'text/html; charset=utf-8' : value,
  );
  return { ...problem, headers: list, body: Buffer.from(page(detail)), failure };
}

const details = {
  'switched-off': 'This part of the site is switched off for the moment. Try again later.',
  'read-only': 'Nothing can be changed here for the moment. Try again later.',
  'slowed-too-many': 'This part of the site is very busy. Try again in a moment.',
} as const;

/** A browser that goes somewhere says so; a script that fetches says it takes anything. */
function wantsPage({ request }: Exchange): boolean {
  return header(request.headers, 'accept')?.includes('text/html') === true;
}

function page(detail: string): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<title>Not available for the moment</title>
<body style="font: 1.1em/1.5 system-ui, sans-serif; max-width: 32em; margin: 15vh auto; padding: 0 1em">
<h1>Not available for the moment</h1>
<p>${detail}</p>
</body>
</html>
`;
}
