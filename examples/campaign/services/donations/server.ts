import { idempotencyKey, json, postgres, problem, readJson, serve, value } from 'turnout/sdk';
import { invalid, keyReused, notFound, sharedFor } from '../../shared/answers.ts';
import { isUuid } from '../../shared/uuid.ts';
import { renderAdminPage } from './admin-page.ts';
import { readDonation } from './donation.ts';
import { findReceipt, give, leaders, recent, total, type Total } from './store.ts';

/**
 * The donations service. What is lost, late or full is no concern of this file: the SDK says so to
 * Turnout, and the ladders of service.yaml say what supporters then see.
 */
const BODY_LIMIT_BYTES = 16 * 1024;
const GOAL_CENTS = 60_000_000;
const RECENT_LIMIT = 200;
const ON_THE_PAGE = 50;

const db = postgres('db');

await serve({
  routes: {
    'POST /api/donations': async (request) => {
      const read = readDonation(await readJson(request, BODY_LIMIT_BYTES));
      if (read.kind === 'invalid') return invalid(read.problems);
      const result = await give(db, read.value, idempotencyKey(request));
      if (result.kind === 'key-reused') return keyReused('gift');
      const location = `/api/donations/${result.answer.id}`;
      return json(201, result.answer, { location });
    },

    'GET /api/donations/total': async () => json(200, await standing(), sharedFor(5)),

    'GET /api/donations/leaders': async () => json(200, await leaders(db), sharedFor(30)),

    'GET /api/donations/:id': async (_request, { params }) => {
      const id = params['id'];
      const receipt = isUuid(id) ? await findReceipt(db, id) : null;
      if (receipt === null) return notFound('There is no such gift.');
      return json(200, receipt, { 'cache-control': 'private, no-store' });
    },

    'GET /internal/donations/recent': async (_request, { url }) => {
      const limit = Number(url.searchParams.get('limit') ?? 50);
      if (!Number.isInteger(limit) || limit < 1 || limit > RECENT_LIMIT) {
        return problem(400, 'No such limit', `Ask for 1 to ${RECENT_LIMIT} gifts.`);
      }
      return json(200, { donations: await recent(db, limit) });
    },

    'GET /internal/admin': async () => {
      const [donations, total] = await Promise.all([recent(db, ON_THE_PAGE), standing()]);
      return new Response(renderAdminPage({ donations, total, now: new Date() }), {
        headers: {
          'content-type': 'text/html; charset=utf-8',
          'cache-control': 'no-store',
          // Donors chose the names in it: nothing but the page's own style may take effect.
          'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; img-src data:",
        },
      });
    },
  },
});

/** The total, and the goal as it is set now in flags.yaml. */
async function standing(): Promise<Total & { readonly goalCents: number }> {
  return { ...(await total(db)), goalCents: value('goal-cents', GOAL_CENTS) };
}
