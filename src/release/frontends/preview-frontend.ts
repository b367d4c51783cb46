import { PREVIEWS_PREFIX, type FrontendPreview } from '../../contract/frontend-preview.ts';
import { TurnoutError } from '../../lib/errors.ts';
import { identifierFromBytes } from '../../lib/identifier.ts';
import type { Clock } from '../../ports/clock/port.ts';
import type { Journal } from '../../ports/journal/port.ts';
import type { Randomness } from '../../ports/randomness/port.ts';
import type { State } from '../../ports/state/port.ts';
import { readPointer } from './move-pointer.ts';
import { makeRelease, type FrontendToPublish } from './publish-frontend.ts';

/** Each is a release that workers may hold in memory. */
const mostPreviews = 100;

export interface PreviewToMake extends FrontendToPublish {
  readonly state: State;
  readonly journal: Journal;
  readonly randomness: Randomness;
  readonly lastsMs: number;
}

/**
 * Makes a release of a folder that only those with its link see; what is live stays. Rejects as
 * `publishFrontend` does, and with TurnoutError `previews-too-many`.
 */
export async function previewFrontend(wanted: PreviewToMake): Promise<FrontendPreview> {
  const { name, state, clock, randomness } = wanted;
  const standing = await dropExpired(state, clock);
  if (standing.length >= mostPreviews) {
    throw new TurnoutError(
      'previews-too-many',
      `There are ${standing.length} previews that have not expired.`,
      'Revoke those that nobody needs: `turnout frontend revoke`.',
    );
  }
  const { release, variants, made } = await makeRelease(wanted, await readPointer(state, name));
  const preview: FrontendPreview = {
    frontend: name,
    release,
    variants,
    made,
    id: identifierFromBytes(randomness.bytes(16)),
    expiresAtMs: clock.nowMs() + wanted.lastsMs,
    who: made.who,
    why: made.why,
  };
  await state.put(`${PREVIEWS_PREFIX}${name}/${preview.id}`, preview);
  const { id, expiresAtMs } = preview;
  await wanted.journal.append({
    kind: 'frontend.previewed',
    subject: name,
    who: made.who,
    ...(made.why === null ? {} : { why: made.why }),
    data: { release, id, expires: new Date(expiresAtMs).toISOString() },
  });
  return preview;
}

/** Previews that have not expired; those that have are taken away. */
export async function dropExpired(
  state: State,
  clock: Pick<Clock, 'nowMs'>,
): Promise<readonly FrontendPreview[]> {
  const living: FrontendPreview[] = [];
  for (const { key, value } of await state.list(PREVIEWS_PREFIX)) {
    const preview = value as FrontendPreview;
    if (preview.expiresAtMs > clock.nowMs()) living.push(preview);
    else await state.delete(key);
  }
  return living;
}

/**
 * Ends previews of a frontend at once, links and cookies: the one with this id, or all. How many
 * there were; rejects with TurnoutError `preview-unknown` where none has the id.
 */
export async function revokePreviews(
  {
    name,
    state,
    journal,
    who,
    why,
  }: {
    readonly name: string;
    readonly state: State;
    readonly journal: Journal;
    readonly who: string;
    readonly why: string | null;
  },
  id: string | null,
): Promise<number> {
  const prefix = `${PREVIEWS_PREFIX}${name}/`;
  const keys = (await state.list(prefix)).map(({ key }) => key);
  const chosen = id === null ? keys : keys.filter((key) => key === `${prefix}${id}`);
  if (id !== null && chosen.length === 0) {
    throw new TurnoutError(
      'preview-unknown',
      `No preview of the frontend ${name} is called ${JSON.stringify(id)}.`,
      keys.length === 0
        ? 'There are none.'
        : `There are: ${keys.map((key) => key.slice(prefix.length)).join(', ')}.`,
    );
  }
  for (const key of chosen) await state.delete(key);
  const data = { previews: chosen.length };
  await journal.append({
    kind: 'frontend.preview-revoked',
    subject: name,
    who,
    ...(why === null ? {} : { why }),
    data,
  });
  return chosen.length;
}
