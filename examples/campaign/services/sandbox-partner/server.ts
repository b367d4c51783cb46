import { json, log, readJson, serve } from 'turnout/sdk';
import { invalid } from '../../shared/answers.ts';
import { misbehave, readBehaviour, type Mode } from './behaviour.ts';
import { placesOf } from './polling-places.ts';

/**
 * Plays the partner whose polling places the campaign shows, so that there is somebody to fail on a
 * laptop. One instance alone: how it behaves is kept in its memory.
 */
const BODY_LIMIT_BYTES = 1_024;

let behaviour: { mode: Mode; until: number } = { mode: 'well', until: Number.POSITIVE_INFINITY };

await serve({
  routes: {
    'GET /partner/v1/polling-places': async (_request, { url, signal }) => {
      const instead = await misbehave(mode(), signal);
      if (instead !== null) return instead;
      const zip = url.searchParams.get('zip') ?? '';
      const answer = { generatedAt: new Date().toISOString(), zip, locations: placesOf(zip) };
      return json(200, answer, { 'cache-control': 'public, max-age=1' });
    },

    'GET /sandbox/behaviour': () => shown(),

    'POST /sandbox/behaviour': async (request) => {
      const read = readBehaviour(await readJson(request, BODY_LIMIT_BYTES));
      if (read.kind === 'invalid') return invalid(read.problems);
      behaviour = { mode: read.value.mode, until: Date.now() + read.value.forMs };
      log.info('behaviour changed', { ...read.value });
      return shown();
    },
  },
});

/** Whatever it was told, it is well again when the time is over. */
function mode(): Mode {
  return Date.now() < behaviour.until ? behaviour.mode : 'well';
}

function shown(): Response {
  const now = mode();
  const until = now === 'well' ? null : new Date(behaviour.until).toISOString();
  return json(200, { mode: now, until });
}
