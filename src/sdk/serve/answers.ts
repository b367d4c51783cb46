/** Reading a body back through its stream costs more than all the rest of a small answer. */
const texts = new WeakMap<Response, string>();

/** An answer in JSON. It is `no-store` unless the headers say otherwise. */
export function json(
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): Response {
  return answer(status, body, 'application/json', headers);
}

/** An error as RFC 9457 has it, for people (`detail`) and for programs (`more`); never stored. */
export function problem(
  status: number,
  title: string,
  detail: string,
  more: object = {},
): Response {
  return answer(status, { title, status, detail, ...more }, 'application/problem+json', {});
}

function answer(
  status: number,
  body: unknown,
  type: string,
  headers: Readonly<Record<string, string>>,
): Response {
  const all = new Headers({ 'content-type': type, 'cache-control': 'no-store' });
  for (const [name, value] of Object.entries(headers)) all.set(name, value);
  const text = JSON.stringify(body) ?? 'null';
  const response = new Response(text, { status, headers: all });
  texts.set(response, text);
  return response;
}

/** The whole body of an answer made here, while nobody has read it; null for any other. */
export function textOf(response: Response): string | null {
  return response.bodyUsed ? null : (texts.get(response) ?? null);
}
