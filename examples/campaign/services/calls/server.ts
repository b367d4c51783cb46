import { idempotencyKey, json, postgres, problem, readJson, serve, value } from 'turnout/sdk';
import { invalid, keyReused, notFound, sharedFor, signInFirst } from '../../shared/answers.ts';
import { publicKeyOf, readSession, type Volunteer } from '../../shared/session.ts';
import { isUuid } from '../../shared/uuid.ts';
import { recordCall } from './call-store.ts';
import { claimNext, handBack } from './claim-store.ts';
import { readCall } from './outcome.ts';
import { leaders, mine, progress } from './tally-store.ts';

/**
 * The phone bank. Who a volunteer is says the session cookie, checked here with the public key:
 * calls go on while identity is gone.
 */
const BODY_LIMIT_BYTES = 8 * 1024;
const SCRIPT =
  'Hello, my name is … and I am a volunteer with Rosa Marlowe, who is running for governor. ' +
  'Do you have two minutes?';

const db = postgres('db');
const sessionKey = publicKeyOf(process.env['SESSION_KEY_PUBLIC']);

await serve({
  routes: {
    'POST /api/calls/claims': async (request) => {
      const volunteer = await signedIn(request);
      if (volunteer === null) return signInFirst();
      const claim = await claimNext(db, volunteer);
      if (claim === null) return json(200, { claim });
      const script = value('call-script', SCRIPT, { targetingKey: volunteer.id });
      return json(201, { claim, script });
    },

    'DELETE /api/calls/claims/:id': async (request, { params }) => {
      const volunteer = await signedIn(request);
      if (volunteer === null) return signInFirst();
      const id = params['id'];
      const isKnown = isUuid(id) && (await handBack(db, id, volunteer.id));
      return isKnown ? new Response(null, { status: 204 }) : notFound('There is no such call.');
    },

    'POST /api/calls': async (request) => {
      const read = readCall(await readJson(request, BODY_LIMIT_BYTES));
      if (read.kind === 'invalid') return invalid(read.problems);
      const result = await recordCall(db, read.value, idempotencyKey(request));
      if (result.kind === 'key-reused') return keyReused('call');
      if (result.kind !== 'refused') return json(201, result.answer);
      if (result.why === 'no-such-claim') return notFound('There is no such call.');
      const title = 'This call was recorded before';
      return problem(409, title, 'Go on with the next one.', { code: result.why });
    },

    'GET /api/calls/mine': async (request) => {
      const volunteer = await signedIn(request);
      if (volunteer === null) return signInFirst();
      return json(200, await mine(db, volunteer.id), { 'cache-control': 'private, no-store' });
    },

    'GET /api/calls/leaders': async () => json(200, await leaders(db), sharedFor(30)),

    'GET /api/calls/progress': async () => json(200, await progress(db), sharedFor(30)),
  },
});

async function signedIn(request: Request): Promise<Volunteer | null> {
  return (await readSession(request, sessionKey))?.volunteer ?? null;
}
