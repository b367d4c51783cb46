import { hkdfSync } from 'node:crypto';
import { existsSync } from 'node:fs';
import { link, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

import { temporaryName, writeFileAtomically } from '../../../lib/atomic-file.ts';
import { readJsonFile } from '../../../lib/json-file.ts';
import type { Log } from '../../../lib/log.ts';
import type { Clock } from '../../../ports/clock/port.ts';
import type { Randomness } from '../../../ports/randomness/port.ts';

/**
 * Keys that session tickets are sealed with: the same for all workers of a machine, so that a
 * client resumes its session whichever worker takes the connection.
 */
export interface SessionTickets {
  /** 48 bytes, as Node takes them; new in each period. */
  readonly key: Buffer;
  /** Calls `listener` whenever the key is another one. */
  onChange(listener: () => void): void;
  close(): void;
}

/** How long one key seals; a session from before it is simply not resumed. */
const PERIOD_MS = 12 * 3_600_000;
const LOOK_MS = 60_000;
/** Further behind than this a secret is not wound forward but made anew. */
const MAX_STEPS = 10_000;

/** What all keys to come are made of, and none that went before. */
export interface TicketSecret {
  readonly period: number;
  /** 32 bytes in base64. */
  readonly secret: string;
}

/**
 * Opens the keys kept in `file`, which the first worker makes. Nothing but the clock is needed to
 * agree on a new one: each period's secret is derived from the one before, which is then forgotten
 * (so who reads the file learns nothing of tickets before this period). Where the file cannot be
 * used this worker has keys of its own, which costs full handshakes and nothing else; that is
 * logged.
 */
export async function openSessionTickets(
  file: string,
  parts: { readonly clock: Clock; readonly randomness: Randomness; readonly log: Log },
): Promise<SessionTickets> {
  const { clock, log } = parts;
  let held = await agree(file, parts);
  let listener = (): void => undefined;
  const look = async (): Promise<void> => {
    const period = periodAt(clock.nowMs());
    const found = read(file, period);
    // What the file says goes before what this worker holds: so all come to one again.
    const now = wind(found ?? held, period);
    if (now.secret !== held.secret) {
      held = now;
      tickets.key = keyOf(held);
      listener();
    }
    if (found?.period !== period) await keep(file, held, log);
  };
  const timer = clock.every(LOOK_MS, () => void look());
  const tickets = {
    key: keyOf(held),
    onChange(told: () => void) {
      listener = told;
    },
    close: () => timer.cancel(),
  };
  return tickets;
}

export function periodAt(nowMs: number): number {
  return Math.floor(nowMs / PERIOD_MS);
}

/** The secret of a later period. */
export function wind({ period, secret }: TicketSecret, to: number): TicketSecret {
  let bytes: Buffer = Buffer.from(secret, 'base64');
  for (let at = period; at < to; at += 1) bytes = derive(bytes, 'next', 32);
  return { period: Math.max(period, to), secret: bytes.toString('base64') };
}

function keyOf({ secret }: TicketSecret): Buffer {
  return derive(Buffer.from(secret, 'base64'), 'key', 48);
}

function derive(secret: Buffer, use: string, bytes: number): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, '', `turnout session tickets ${use}`, bytes));
}

/** The secret of the present period, which all workers come to that start on this file. */
async function agree(
  file: string,
  { clock, randomness, log }: Parameters<typeof openSessionTickets>[1],
): Promise<TicketSecret> {
  const period = periodAt(clock.nowMs());
  const found = read(file, period);
  if (found !== null) {
    const wound = wind(found, period);
    if (wound.period !== found.period) await keep(file, wound, log);
    return wound;
  }
  const secret = Buffer.from(randomness.bytes(32)).toString('base64');
  const fresh: TicketSecret = { period, secret };
  if (existsSync(file)) await keep(file, fresh, log);
  else await createOnce(file, fresh, log);
  return read(file, period) ?? fresh;
}

/** Null for a file that is absent, damaged, too old, or from a future that the clock took back. */
function read(file: string, period: number): TicketSecret | null {
  let value: Partial<TicketSecret> | null = null;
  try {
    value = readJsonFile(file) as Partial<TicketSecret> | null;
  } catch {
    return null;
  }
  if (typeof value?.secret !== 'string' || !Number.isSafeInteger(value.period)) return null;
  const { period: of = 0, secret } = value;
  if (Buffer.from(secret, 'base64').length !== 32) return null;
  return of > period || period - of > MAX_STEPS ? null : { period: of, secret };
}

/** Makes the file unless another worker has: whole or not at all. */
async function createOnce(file: string, secret: TicketSecret, log: Log): Promise<void> {
  const temporary = join(dirname(file), temporaryName(basename(file)));
  try {
    await writeFile(temporary, JSON.stringify(secret), { mode: 0o600, flag: 'wx' });
    await link(temporary, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') notKept(error, log);
  } finally {
    await rm(temporary, { force: true }).catch(() => undefined);
  }
}

/** Every worker writes the same bytes, so it does not matter whose stay. */
async function keep(file: string, secret: TicketSecret, log: Log): Promise<void> {
  try {
    await writeFileAtomically(file, JSON.stringify(secret));
  } catch (error) {
    notKept(error, log);
  }
}

function notKept(error: unknown, log: Log): void {
  log.warn('The key of session tickets is not shared with other workers', {
    error: String(error),
  });
}
