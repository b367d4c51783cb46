import { joined } from '../edge/cache/flat-headers.ts';
import type { Answer, Exchange } from '../exchange.ts';
import { type ProblemCode, problemAnswer, problemTitle } from '../problems.ts';

/** What a feature says that is not there by intent: a page to browsers, a problem to programs. */
export function closedAnswer(
  exchange: Exchange,
  code: ProblemCode,
  { detail, waitS }: { readonly detail: string; readonly waitS: number },
): Answer {
  const requestId = exchange.id;
  const headers = ['retry-after', String(waitS), 'vary', 'accept'];
  const answer = problemAnswer(code, { detail, requestId, headers });
  return wantsPage(exchange) ? asPage(answer, problemTitle(code), detail) : answer;
}

/** A browser that goes somewhere says so; a script that fetches says it takes anything. */
function wantsPage({ request }: Exchange): boolean {
  const accept = joined(request.headers, 'accept') ?? '';
  return /(?:^|,)\s*text\/html\s*(?:;(?!\s*q=0(?:\.0*)?\s*(?:,|$))|,|$)/i.test(accept);
}

function asPage(answer: Answer, title: string, detail: string): Answer {
  const headers = answer.headers.map((value, index) =>
    answer.headers[index - 1] === 'content-type' && index % 2 === 1
      ? 'text/html; charset=utf-8'
      : value,
  );
  return { ...answer, headers, body: Buffer.from(page(title, detail)) };
}

/** Needs nothing else: no style, script or picture that could be away too. */
function page(title: string, detail: string): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<style>
body{font:1.1rem/1.5 system-ui,sans-serif;max-width:34rem;margin:15vh auto;padding:0 1rem}
</style>
<h1>${title}</h1>
<p>${detail}</p>
</html>
`;
}
