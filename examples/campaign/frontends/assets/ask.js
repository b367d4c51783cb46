import {
  ClientProblem,
  forgetKept,
  read as readOnce,
  send as sendSafely,
} from '/assets/turnout-client.js';

/** For who signs out: the next one at this machine begins with nothing. */
export { forgetKept };

/**
 * What pages make of the site's answers. Turnout's client sends and asks again; here every answer
 * becomes one of few kinds, each of which a page has to say something about:
 *
 * - `ok`: done. `body` is what was answered.
 * - `kept`: 202. The site has taken the write and will confirm it later.
 * - `refused`: 4xx. `problems` holds one `{ field, message }` for each thing to mend.
 * - `closed`: 503. A need is lost or load is shed; `detail` says so plainly.
 * - `lost`: no answer, or one that leaves open what became of the write. Sending again with the same
 *   key is safe.
 */
const timeoutMs = 10_000;
/** What is closed is told at once, with a button; only what was lost is sent again unasked. */
const again = [0, 500, 502, 504];

/** Reads; nothing is sent again, the reader's button does that. */
export function read(path) {
  return kindOf(() => readOnce(path, { timeoutMs, keep: false }));
}

/**
 * Reads what is the same for everybody, and may be a while old: what this browser was told last
 * stands in while the site cannot say. `oldSeconds` is how old the answer is where it is not of
 * now, else null; a page says so.
 */
export async function readShared(path) {
  const answer = await kindOf(() => readOnce(path, { timeoutMs }));
  if (answer.kind !== 'ok') return answer;
  const { from, health, ageMs } = answer;
  const isOld = from === 'kept' || health?.rung === 'stale';
  return { ...answer, oldSeconds: isOld ? Math.floor(ageMs / 1_000) : null };
}

/**
 * Sends one act, such as a gift. Every try of the same act carries the same key, over a reload too,
 * so that it is done once; the key is given up as soon as the site has said what became of it.
 */
export function send(act, path, json) {
  const bounds = { timeoutMs, tries: 3, again, forMs: 4 * timeoutMs, follow: false };
  return kindOf(() => sendSafely(path, { act, json, ...bounds }));
}

/** A write that may be done twice without harm, or that must not be kept for later. */
export function change(method, path, json) {
  return kindOf(() => sendSafely(path, { method, json, timeoutMs, tries: 1, follow: false }));
}

async function kindOf(asking) {
  try {
    const { kind, status, body, ...more } = await asking();
    if (kind === 'queued' || status === 202) return { kind: 'kept' };
    // JSON is the rule here; a text is a page from somewhere between, or half an answer.
    if (typeof body === 'string' && body !== '') return { kind: 'lost', status: 200 };
    return { ...more, kind: 'ok', body };
  } catch (error) {
    if (error instanceof ClientProblem) return troubleOf(error);
    throw error;
  }
}

function troubleOf({ status, title, detail, more, outcomeUnknown, retryAfterMs }) {
  const told = {
    status,
    title,
    detail,
    code: more.code ?? '',
    problems: more.problems ?? [],
    retryAfterSeconds: retryAfterMs === null ? null : Math.ceil(retryAfterMs / 1_000),
  };
  if (status === 503) return { kind: 'closed', ...told };
  const isLost = outcomeUnknown || again.includes(status) || status < 400;
  return { kind: isLost ? 'lost' : 'refused', ...told };
}
