import { LastGood, json, problem, serve } from 'turnout/sdk';
import { invalid } from '../../shared/answers.ts';
import { askPartner } from './ask-partner.ts';
import type { PollingPlace } from './polling-place.ts';

/**
 * Stands between the campaign and a partner that is slow, down or wrong at times. Polling places do
 * not move on election day: an answer of an hour ago, said to be so, is better than none.
 */
const FRESH_SECONDS = Number(process.env['FRESH_SECONDS'] ?? 60);
const KEPT_MS = 7 * 24 * 3_600_000;
const MOST_KEPT = 5_000;
/** After a failure whoever can have a kept answer is not made to wait for another one. */
const REST_MS = 5_000;
const ZIP = /^\d{5}$/;

const kept = new LastGood<readonly PollingPlace[]>({ forMs: KEPT_MS, most: MOST_KEPT });
let restingUntilMs = 0;

await serve({
  routes: {
    'GET /api/polling-places': async (_request, { url }) => {
      const zip = url.searchParams.get('zip') ?? '';
      if (!ZIP.test(zip)) {
        return invalid([{ field: 'zip', message: 'Enter the five digits of your ZIP code.' }]);
      }
      const known = kept.find(zip);
      if (known !== null && Date.now() - known.asOfMs < FRESH_SECONDS * 1_000) {
        return found(zip, known.value, known.asOfMs, true);
      }
      const isResting = known !== null && Date.now() < restingUntilMs;
      const answer = isResting ? null : await askPartner(zip);
      if (answer !== null) {
        const { places, asOfMs, fresh } = answer;
        if (fresh) kept.keep(zip, places);
        return found(zip, places, asOfMs, fresh);
      }
      if (!isResting) restingUntilMs = Date.now() + REST_MS;
      if (known !== null) return found(zip, known.value, known.asOfMs, false);
      const detail = 'We cannot look up polling places just now. Your county clerk knows yours.';
      return problem(503, 'No polling places for now', detail);
    },
  },
});

function found(
  zip: string,
  places: readonly PollingPlace[],
  asOfMs: number,
  fresh: boolean,
): Response {
  const ageSeconds = Math.max(0, Math.floor((Date.now() - asOfMs) / 1_000));
  const asOf = new Date(asOfMs).toISOString();
  const headers = { 'cache-control': fresh ? `public, max-age=${FRESH_SECONDS}` : 'no-store' };
  return json(200, { zip, places, asOf, ageSeconds, fresh }, headers);
}
