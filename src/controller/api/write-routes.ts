import { TurnoutError } from '../../lib/errors.ts';
import type { ApiRoute } from './api-route.ts';

const LETTERS = 1_000;
const DAY_MS = 86_400_000;
const LONGEST_WAIT_MS = 30 * DAY_MS;
const LONGEST_WHY = 500;
const id = '([A-Za-z0-9._~-]{1,128})';

/** Queued writes: looked at, sent again, given up. */
export const writeRoutes: readonly ApiRoute[] = [
  { method: 'GET', path: /^\/api\/writes$/, handle: ({ writes }) => writes.report() },
  {
    method: 'GET',
    path: /^\/api\/writes\/dead$/,
    handle: async ({ writes }, { query }) => ({
      deadLetters: [...(await writes.deadLetters(query.get('feature'), LETTERS))],
    }),
  },
  {
    // It says what somebody has written: looking leaves a trace, and takes the token.
    method: 'POST',
    path: new RegExp(`^/api/writes/${id}/show$`),
    handle: ({ writes }, { id, who }) => writes.show(id, who),
  },
  {
    method: 'POST',
    path: new RegExp(`^/api/writes/${id}/retry$`),
    takesBody: true,
    handle: ({ writes }, { id, body, who }) => writes.retry(id, { ...readRetry(body), who }),
  },
  {
    method: 'POST',
    path: new RegExp(`^/api/writes/${id}/discard$`),
    takesBody: true,
    handle: ({ writes }, { id, body, who }) =>
      writes.discard(id, { who, why: readAsked(body, ['why']).why }),
  },
  {
    method: 'POST',
    path: /^\/api\/writes\/rotate-key$/,
    takesBody: true,
    handle: async ({ writes }, { body, who }) => ({
      key: await writes.rotateKey({ who, why: readAsked(body, ['why']).why }),
    }),
  },
];

/** `for` in milliseconds, `body` in base64, `why`. */
function readRetry(text: string): { forMs: number; body: Uint8Array | null; why: string | null } {
  const { asked, why } = readAsked(text, ['for', 'body', 'why']);
  const { for: forMs = DAY_MS, body = null } = asked;
  const isWait = typeof forMs === 'number' && Number.isInteger(forMs) && forMs > 0;
  if (!isWait || forMs > LONGEST_WAIT_MS) {
    throw invalid(`\`for\` is in milliseconds, at most ${LONGEST_WAIT_MS}.`);
  }
  if (body !== null && typeof body !== 'string') throw invalid('`body` is text in base64.');
  return { forMs, body: body === null ? null : Buffer.from(body, 'base64'), why };
}

function readAsked(
  text: string,
  known: readonly string[],
): { asked: Readonly<Record<string, unknown>>; why: string | null } {
  let asked: unknown;
  try {
    asked = JSON.parse(text === '' ? '{}' : text);
  } catch {
    throw invalid('It is no JSON.');
  }
  if (typeof asked !== 'object' || asked === null || Array.isArray(asked)) {
    throw invalid('It is no object.');
  }
  const stranger = Object.keys(asked).find((key) => !known.includes(key));
  if (stranger !== undefined) throw invalid(`It knows ${known.join(', ')}, and no ${stranger}.`);
  const { why = null } = asked as Readonly<Record<string, unknown>>;
  if (why !== null && (typeof why !== 'string' || why.length > LONGEST_WHY)) {
    throw invalid(`\`why\` is text of at most ${LONGEST_WHY} letters.`);
  }
  return { asked: asked as Readonly<Record<string, unknown>>, why };
}

function invalid(message: string): TurnoutError {
  return new TurnoutError(
    'write-change-invalid',
    `The body says nothing of a write: ${message}`,
    'See `turnout writes --help`.',
  );
}
