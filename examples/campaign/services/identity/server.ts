import { NeedLostError, json, log, postgres, problem, readJson, serve } from 'turnout/sdk';
import { invalid, signInFirst } from '../../shared/answers.ts';
import { readSession, type Session } from '../../shared/session.ts';
import { attempt, findAccount, forgetAttempts, setPassword, type Account } from './accounts.ts';
import { hashPassword, isPassword } from './password.ts';
import { readPasswordChange, readSignIn } from './sign-in.ts';
import { isDue, sessionCookie, sessionKeys, signSession } from './tokens.ts';

/**
 * Who somebody is. Signing in needs the database; being signed in needs nothing: the token in the
 * cookie says it, and every service checks that by itself.
 */
const BODY_LIMIT_BYTES = 4 * 1024;
const RETRY_AFTER_S = '900';

const db = postgres('db');
const keys = sessionKeys(process.env['SESSION_KEY']);

await serve({
  routes: {
    'POST /api/session': signIn,
    'GET /api/session': currentSession,
    'DELETE /api/session': (request) => signedOut(request, 204, null),
    'POST /api/password': changePassword,
  },
});

async function signIn(request: Request): Promise<Response> {
  const read = readSignIn(await readJson(request, BODY_LIMIT_BYTES));
  if (read.kind === 'invalid') return invalid(read.problems);
  const { email, password } = read.value;
  const tried = await attempt(db, email);
  if (tried.kind === 'too-many') return tooMany();
  const { account } = tried;
  const fits = await isPassword(password, account?.password ?? null);
  if (account === null || !fits) {
    const title = 'That email and password do not go together';
    return problem(401, title, 'Look at both again. Your field office can help with either.');
  }
  await forgetAttempts(db, email);
  log.info('signed in', { account: account.volunteer.id });
  return signedIn(request, account, 200);
}

/** Says who is signed in, and renews a token that has lived half its time. */
async function currentSession(request: Request): Promise<Response> {
  const session = await readSession(request, keys.publicKey);
  if (session === null) return json(200, { volunteer: null });
  if (!isDue(session, Date.now())) return asItIs(session);
  try {
    const account = await findAccount(db, session.volunteer.id);
    if (account?.epoch === session.epoch) return await signedIn(request, account, 200);
    return signedOut(request, 200, { volunteer: null });
  } catch (error) {
    // Nobody is signed out because the database is lost: the token is good until it ends.
    if (error instanceof NeedLostError) return asItIs(session);
    throw error;
  }
}

/** Never queued, and the ladder says so: one that changes some time later locks its owner out. */
async function changePassword(request: Request): Promise<Response> {
  const session = await readSession(request, keys.publicKey);
  if (session === null) return signInFirst();
  const read = readPasswordChange(await readJson(request, BODY_LIMIT_BYTES));
  if (read.kind === 'invalid') return invalid(read.problems);
  const tried = await attempt(db, session.volunteer.email);
  if (tried.kind === 'too-many') return tooMany();
  const { account } = tried;
  if (account?.epoch !== session.epoch) return signInFirst();
  if (!(await isPassword(read.value.current, account.password))) {
    return invalid([{ field: 'current', message: 'That is not your present password.' }]);
  }
  const changed = await setPassword(db, account, await hashPassword(read.value.next));
  if (changed === null) return signInFirst();
  log.info('password changed', { account: changed.volunteer.id });
  return signedIn(request, changed, 204);
}

async function signedIn(request: Request, account: Account, status: 200 | 204): Promise<Response> {
  const { volunteer, epoch } = account;
  const { token, expiresAtMs } = await signSession(keys, volunteer, epoch, Date.now());
  const headers = { 'set-cookie': sessionCookie(request, token), 'cache-control': 'no-store' };
  if (status === 204) return new Response(null, { status, headers });
  return json(status, { volunteer, expiresAt: new Date(expiresAtMs).toISOString() }, headers);
}

function signedOut(request: Request, status: 200 | 204, body: object | null): Response {
  const headers = { 'set-cookie': sessionCookie(request, ''), 'cache-control': 'no-store' };
  return status === 204 ? new Response(null, { status, headers }) : json(status, body, headers);
}

function asItIs({ volunteer, expiresAtMs }: Session): Response {
  return json(200, { volunteer, expiresAt: new Date(expiresAtMs).toISOString() });
}

function tooMany(): Response {
  const answer = problem(
    429,
    'Too many attempts',
    'Wait a quarter of an hour, or ask your field office.',
  );
  answer.headers.set('retry-after', RETRY_AFTER_S);
  return answer;
}
