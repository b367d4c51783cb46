import { idempotencyKey, json, postgres, problem, readJson, serve } from 'turnout/sdk';
import { invalid, keyReused, notFound, sharedFor } from '../../shared/answers.ts';
import { counties } from '../../shared/counties.ts';
import { isUuid } from '../../shared/uuid.ts';
import { isEventId, kinds } from './event.ts';
import { findEvent, findEvents } from './event-store.ts';
import { readSearch } from './search.ts';
import { readSignUp } from './sign-up.ts';
import { cancel, findSignUp, signUp, type Refusal } from './sign-up-store.ts';

/** Events of the campaign: read by everybody all day, and written to by a few. */
const BODY_LIMIT_BYTES = 8 * 1024;
const listedCounties = counties.map(({ slug, name }) => ({ slug, name }));

const db = postgres('db');

await serve({
  routes: {
    'GET /api/events': async (_request, { url }) => {
      const read = readSearch(url.searchParams);
      if (read.kind === 'invalid') return invalid(read.problems);
      const found = await findEvents(db, read.value);
      return json(200, { ...found, counties: listedCounties, kinds }, sharedFor(15));
    },

    'GET /api/events/:id': async (_request, { params }) => {
      const id = params['id'];
      const event = isEventId(id) ? await findEvent(db, id) : null;
      if (event === null) return notFound('There is no such event.');
      return json(200, event, sharedFor(5));
    },

    'POST /api/events/:id/sign-ups': async (request, { params }) => {
      const read = readSignUp(await readJson(request, BODY_LIMIT_BYTES));
      if (read.kind === 'invalid') return invalid(read.problems);
      const id = params['id'];
      if (!isEventId(id)) return refused('no-such-event');
      const result = await signUp(db, id, read.value, idempotencyKey(request));
      if (result.kind === 'refused') return refused(result.why);
      if (result.kind === 'key-reused') return keyReused('sign-up');
      return json(201, result.answer, { location: `/api/sign-ups/${result.answer.id}` });
    },

    'GET /api/sign-ups/:id': async (_request, { params }) => {
      const id = params['id'];
      const found = isUuid(id) ? await findSignUp(db, id) : null;
      return found === null ? notFound('There is no such sign-up.') : json(200, found);
    },

    'DELETE /api/sign-ups/:id': async (_request, { params }) => {
      const id = params['id'];
      if (!isUuid(id) || !(await cancel(db, id))) return notFound('There is no such sign-up.');
      return new Response(null, { status: 204 });
    },
  },
});

function refused(why: Refusal): Response {
  switch (why) {
    case 'no-such-event':
      return notFound('There is no such event.');
    case 'begun':
      return problem(409, 'This event has begun', 'Just come by, or pick another one.', {
        code: why,
      });
    case 'already-signed-up':
      return problem(409, 'You are already signed up', 'This address has a place at this event.', {
        code: why,
      });
    case 'full':
      return problem(409, 'This event is full', 'Pick another one near you.', { code: why });
  }
}
