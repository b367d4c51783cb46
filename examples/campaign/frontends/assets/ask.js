/**
 * How every page speaks with the site. An answer is one of few kinds, each of which a page has to
 * say something about:
 *
 * - `ok`: done. `body` is what was answered.
 * - `kept`: 202. The site has taken the write and will confirm it later.
 * - `refused`: 4xx. `problems` holds one `{ field, message }` for each thing to mend.
 * - `closed`: 503. A need is lost or load is shed; `detail` says so plainly.
 * - `lost`: no answer, or one that leaves open what became of the write. Sending again with the same
 *   key is safe.
 */
const TIMEOUT_MS = 10_000;
/** Pauses before a lost write is sent again, with its key. */
const PAUSES_MS = [400, 1_500];
const OPEN = new Set([500, 502, 504]);

/** Reads; nothing is sent again, the reader's button does that. */
export function read(path) {
  return ask(path, { method: 'GET' });
}

/**
 * Sends one act, such as a gift. Every try of the same act carries the same key, over a reload too,
 * so that it is done once; the key is given up as soon as the site has said what became of it.
 */
export async function send(act, path, body) {
  const text = JSON.stringify(body);
  const key = keepKey(act, text);
  const headers = { 'content-type': 'application/json', 'idempotency-key': `"${key}"` };
  const answer = await askAgain(path, { method: 'POST', headers, body: text });
  const isSettled = answer.kind !== 'lost' && answer.kind !== 'closed';
  if (isSettled) sessionStorage.removeItem(storageName(act));
  return answer;
}

/** A write that may be done twice without harm, or that must not be kept for later. */
export function change(method, path, body) {
  if (body === undefined) return ask(path, { method });
  const headers = { 'content-type': 'application/json' };
  return ask(path, { method, headers, body: JSON.stringify(body) });
}

async function askAgain(path, request) {
  let answer = await ask(path, request);
  for (const pauseMs of PAUSES_MS) {
    if (answer.kind !== 'lost') return answer;
    await new Promise((resolve) => {
      setTimeout(resolve, pauseMs * (0.75 + Math.random() / 2));
    });
    answer = await ask(path, request);
  }
  return answer;
}

/** An act that says something else than before is another act, and gets another key. */
function keepKey(act, text) {
  const kept = JSON.parse(sessionStorage.getItem(storageName(act)) ?? 'null');
  if (kept?.text === text) return kept.key;
  const key = newKey();
  sessionStorage.setItem(storageName(act), JSON.stringify({ key, text }));
  return key;
}

/** `crypto.randomUUID` is there only over HTTPS and on this machine; this is everywhere. */
function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

const storageName = (act) => `act:${act}`;

async function ask(path, request) {
  let response;
  let body;
  try {
    response = await fetch(path, {
      ...request,
      headers: { accept: 'application/json', ...request.headers },
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const text = await response.text();
    body = text === '' ? null : JSON.parse(text);
  } catch {
    return { kind: 'lost', status: response?.status ?? 0 };
  }
  const { status } = response;
  if (status === 202) return { kind: 'kept', body, statusUrl: response.headers.get('location') };
  if (response.ok) return { kind: 'ok', status, body };
  const retryAfter = Number(response.headers.get('retry-after') ?? Number.NaN);
  const told = {
    status,
    title: body?.title ?? '',
    detail: body?.detail ?? '',
    code: body?.code ?? '',
    problems: body?.problems ?? [],
    retryAfterSeconds: Number.isFinite(retryAfter) ? retryAfter : null,
  };
  if (status === 503) return { kind: 'closed', ...told };
  if (OPEN.has(status)) return { kind: 'lost', ...told };
  return { kind: 'refused', ...told };
}
