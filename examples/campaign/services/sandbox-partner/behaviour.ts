import { setTimeout as sleep } from 'node:timers/promises';
import {
  fieldsOf,
  notAnObject,
  type Checked,
  type FieldProblem,
} from '../../shared/field-problem.ts';

/** How the partner can be. Everything but `well` was seen at a real partner's. */
export const modes = ['well', 'slow', 'error', 'hang', 'garbage', 'flaky'] as const;

export type Mode = (typeof modes)[number];

export interface Behaviour {
  readonly mode: Mode;
  readonly forMs: number;
}

const MOST_MS = 3_600_000;
const SLOW_MS = 1_500;
/** Nobody waits longer; a request that hangs ends all the same, when its client does not. */
const HANG_MS = 60_000;
const FLAKY_SHARE = 0.5;
const units: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000 };

/** `{ mode: 'slow', for: '2m' }`; without `for`, a minute. */
export function readBehaviour(json: unknown): Checked<Behaviour> {
  const body = fieldsOf(json);
  if (body === null) return { kind: 'invalid', problems: [notAnObject] };
  const problems: FieldProblem[] = [];
  const mode = modes.find((known) => known === body['mode']);
  const forMs = readDuration(body['for'] ?? '1m');
  if (mode === undefined) {
    problems.push({ field: 'mode', message: `Say one of ${modes.join(', ')}.` });
  }
  if (forMs === null) {
    problems.push({ field: 'for', message: 'Say for how long: 30s, 2m, an hour at most.' });
  }
  if (mode === undefined || forMs === null) return { kind: 'invalid', problems };
  return { kind: 'valid', value: { mode, forMs } };
}

/** What the partner does before it answers; a Response is given in place of the answer. */
export async function misbehave(mode: Mode, signal: AbortSignal): Promise<Response | null> {
  switch (mode) {
    case 'well':
      return null;
    case 'slow':
      await waitFor(SLOW_MS, signal);
      return null;
    case 'hang':
      await waitFor(HANG_MS, signal);
      return null;
    case 'error':
      return new Response('upstream connect error', { status: 503 });
    case 'garbage':
      return new Response('<html><body>Scheduled maintenance</body></html>', {
        headers: { 'content-type': 'text/html' },
      });
    case 'flaky':
      return Math.random() < FLAKY_SHARE ? new Response('try again', { status: 502 }) : null;
  }
}

function readDuration(given: unknown): number | null {
  const [, count, unit = ''] = /^(\d{1,5})([smh])$/.exec(String(given)) ?? [];
  const ms = Number(count) * (units[unit] ?? Number.NaN);
  return ms > 0 && ms <= MOST_MS ? ms : null;
}

/** Until the time is over, or the client has gone. */
async function waitFor(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => undefined);
}
