import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { askRaw, type RawQuestion } from './ask-raw.ts';
import { rungOf, type SeenRung } from './rungs.ts';
import { Sightings } from './sightings.ts';

const PASSWORD = 'every-vote-counts';
const PASSWORDS = [PASSWORD, 'every-vote-counts-twice'] as const;
export const GIVERS_DOMAIN = 'faults.example';
const PACES_MS = { often: 150, now: 400, seldom: 1_500 };

/** What somebody was told yes to, and is owed. */
export interface Promises {
  /** Email addresses of gifts, each given once. */
  readonly gifts: Set<string>;
  /** Claims whose outcome was recorded or kept. */
  readonly calls: Set<string>;
}

export interface Visitors {
  readonly seen: Sightings;
  readonly promises: Promises;
  stop(): Promise<void>;
}

/** Visitors of every feature at a steady pace, each of whom goes on whatever is answered. */
export async function startVisitors(origin: string): Promise<Visitors> {
  const seen = new Sightings();
  const promises: Promises = { gifts: new Set(), calls: new Set() };
  const stopping = new AbortController();
  const { signal } = stopping;

  async function ask(feature: string, question: RawQuestion): Promise<Reply> {
    const askedMs = performance.now();
    const answer = await askRaw(origin, question).catch((error: Error) => error);
    const answeredMs = performance.now();
    const failed = answer instanceof Error;
    const rung = failed ? 'failed' : rungOf(answer);
    const text = failed
      ? answer.message
      : `${answer.status} ${answer.body.toString().slice(0, 160)}`;
    seen.add({ feature, rung, askedMs, answeredMs, said: rung === 'failed' ? text : '' });
    if (failed) return { rung, status: 0, body: null, cookie: null };
    const cookie = answer.headers['set-cookie']?.split(';', 1)[0] ?? null;
    return { rung, status: answer.status, body: parsed(answer.body), cookie };
  }

  async function again(paceMs: number, visit: () => Promise<unknown>): Promise<void> {
    while (!signal.aborted) {
      await visit();
      await sleep(paceMs);
    }
  }

  async function signIn(name: string, password: string): Promise<Reply> {
    const body = { email: `${name}@marlowe.example`, password };
    return ask('identity.sign-in', { method: 'POST', path: '/api/session', body });
  }

  async function cookieOf(name: string): Promise<string> {
    const { cookie } = await signIn(name, PASSWORD);
    if (cookie === null) throw new Error(`${name} cannot sign in`);
    return cookie;
  }

  const [grace, samir] = await Promise.all([cookieOf('grace'), cookieOf('samir')]);
  const get = (feature: string, path: string, cookie?: string) => (): Promise<Reply> =>
    ask(feature, { method: 'GET', path, ...(cookie === undefined ? {} : { cookie }) });

  /** One gift until somebody says that it is taken or kept; its key is the same all the while. */
  const give = async (): Promise<void> => {
    const email = `${randomUUID()}@${GIVERS_DOMAIN}`;
    const body = { amount: 500, currency: 'USD', name: 'Ada Abara', email };
    const question = { method: 'POST', path: '/api/donations', key: randomUUID(), body };
    await untilPromised(
      () => ask('donations.donate', question),
      () => promises.gifts.add(email),
    );
  };
  const call = async (): Promise<void> => {
    const next = { method: 'POST', path: '/api/calls/claims', cookie: grace };
    const { body } = await ask('calls.next-call', next);
    const claim = (body as { claim?: { id: string } | null } | null)?.claim?.id;
    if (claim === undefined) return;
    const outcome = { claim, outcome: 'no-answer', note: '' };
    const question = { method: 'POST', path: '/api/calls', key: randomUUID(), body: outcome };
    await untilPromised(
      () => ask('calls.record-call', question),
      () => promises.calls.add(claim),
    );
  };
  async function untilPromised(send: () => Promise<Reply>, promised: () => void): Promise<void> {
    for (;;) {
      const { status } = await send();
      if (status === 201 || status === 202) return promised();
      if (signal.aborted) return;
      await sleep(PACES_MS.often);
    }
  }

  let session = samir;
  let turn = 0;
  const changePassword = async (): Promise<void> => {
    const body = { current: PASSWORDS[turn % 2], next: PASSWORDS[(turn + 1) % 2] };
    const path = '/api/password';
    const reply = await ask('identity.change-password', {
      method: 'POST',
      path,
      body,
      cookie: session,
    });
    // Nobody knows whether it was changed, or it was and nobody heard: whoever gets in knows.
    if (reply.rung === 'unknown' || reply.status === 401)
      session = (await signInAfter()) ?? session;
    if (reply.status !== 204) return;
    session = reply.cookie ?? session;
    turn += 1;
  };
  async function signInAfter(): Promise<string | null> {
    while (!signal.aborted) {
      for (const ahead of [1, 0]) {
        const { status, cookie } = await signIn('samir', PASSWORDS[(turn + ahead) % 2] ?? '');
        if (status === 200) turn += ahead;
        if (status === 200) return cookie;
      }
      await sleep(PACES_MS.seldom);
    }
    return null;
  }

  const running = [
    again(PACES_MS.often, give),
    again(PACES_MS.often, give),
    again(PACES_MS.now, call),
    again(PACES_MS.often, get('donations.totals', '/api/donations/total')),
    again(PACES_MS.now, get('donations.leaderboard', '/api/donations/leaders')),
    again(PACES_MS.now, get('events.list', '/api/events')),
    again(PACES_MS.now, get('calls.my-tally', '/api/calls/mine', grace)),
    again(PACES_MS.now, get('identity.session', '/api/session', grace)),
    again(PACES_MS.now, get('partners.polling-places', '/api/polling-places?zip=57801')),
    again(PACES_MS.seldom, () => signIn('lena', PASSWORD)),
    again(PACES_MS.seldom, changePassword),
  ];
  return {
    seen,
    promises,
    async stop() {
      stopping.abort();
      await Promise.all(running);
    },
  };
}

interface Reply {
  readonly rung: SeenRung;
  readonly status: number;
  readonly body: unknown;
  readonly cookie: string | null;
}

function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString()) as unknown;
  } catch {
    return null;
  }
}
