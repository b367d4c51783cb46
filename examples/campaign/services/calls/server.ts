import {
  LastGood,
  NeedLostError,
  idempotencyKey,
  json,
  postgres,
  problem,
  readJson,
  serve,
  value,
} from 'turnout/sdk';
import { invalid, keyReused, notFound, sharedFor, signInFirst } from '../../shared/answers.ts';
import { publicKeyOf, readSession, type Volunteer } from '../../shared/session.ts';
import { isUuid } from '../../shared/uuid.ts';
import { recordCall } from './call-store.ts';
import { claimNext, handBack, type Claim } from './claim-store.ts';
import { ListAtHand } from './list-at-hand.ts';
import { readCall } from './outcome.ts';
import { leaders, mine, progress, type Mine } from './tally-store.ts';

/**
 * The phone bank. Who a volunteer is says the session cookie, checked here with the public key:
 * calls go on while identity is gone. While the database is gone the next ones come from the list
 * at hand, and a tally is the last that its volunteer saw.
 */
const BODY_LIMIT_BYTES = 8 * 1024;
const SCRIPT =
  'Hello, my name is … and I am a volunteer with Rosa Marlowe, who is running for governor. ' +
  'Do you have two minutes?';

const TALLY_KEPT_MS = 24 * 3_600_000;

const db = postgres('db');
const atHand = new ListAtHand(db);
const tallies = new LastGood<Mine>({ forMs: TALLY_KEPT_MS });
const sessionKey = publicKeyOf(process.env['SESSION_KEY_PUBLIC']);

await serve({
  routes: {
    'POST /api/calls/claims': async (request) => {
      const volunteer = await signedIn(request);
      if (volunteer === null) return signInFirst();
      const { claim, from } = await nextFor(volunteer);
      if (claim === null) return json(200, { claim, from });
      const script = value('call-script', SCRIPT, { targetingKey: volunteer.id });
      return json(201, { claim, from, script });
    },

    'DELETE /api/calls/claims/:id': async (request, { params }) => {
      const volunteer = await signedIn(request);
      if (volunteer === null) return signInFirst();
      const id = params['id'];
      const isKnown = isUuid(id) && (await takeBack(id, volunteer.id));
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
      // Not 409, which tells Turnout's queue that it is being done, and to try again.
      return problem(422, title, 'Go on with the next one.', { code: result.why });
    },

    'GET /api/calls/mine': async (request) => {
      const volunteer = await signedIn(request);
      if (volunteer === null) return signInFirst();
      const { id } = volunteer;
      const { value: tally, from, asOfMs } = await tallies.ask(id, () => mine(db, id));
      const asOf = asOfMs === null ? null : new Date(asOfMs).toISOString();
      return json(200, { ...tally, from, asOf }, { 'cache-control': 'private, no-store' });
    },

    'GET /api/calls/leaders': async () => json(200, await leaders(db), sharedFor(30)),

    'GET /api/calls/progress': async () => json(200, await progress(db), sharedFor(30)),
  },
  close: () => atHand.close(),
});
atHand.start();

/** From the database, which alone knows who is next; from the list at hand while it is gone. */
async function nextFor(
  volunteer: Volunteer,
): Promise<{ readonly claim: Claim | null; readonly from: 'database' | 'list' }> {
  try {
    return { claim: await claimNext(db, volunteer), from: 'database' };
  } catch (error) {
    const claim = error instanceof NeedLostError ? atHand.next(volunteer) : null;
    if (claim === null) throw error;
    return { claim, from: 'list' };
  }
}

/** Who came from the list at hand goes back to it, whether the database is there or not. */
async function takeBack(claimId: string, volunteerId: string): Promise<boolean> {
  return atHand.handBack(claimId, volunteerId) || (await handBack(db, claimId, volunteerId));
}

async function signedIn(request: Request): Promise<Volunteer | null> {
  return (await readSession(request, sessionKey))?.volunteer ?? null;
}
