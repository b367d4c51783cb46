import { randomUUID } from 'node:crypto';
import { startLoad, type LoadAnswer, type LoadRequest } from '../../support/load.ts';
import type { Ledger } from './ledger.ts';
import { Phase, type PhaseReport } from './phase.ts';

export interface FailoverLoad {
  readonly ledger: Ledger;
  /** Ends a phase, with its report, and begins another. */
  nextPhase(): PhaseReport;
  /** So many gifts in a row were acknowledged, up to now. */
  inARow(): number;
  stop(): Promise<PhaseReport>;
}

const READERS = 6;
const WRITERS = 4;
const PAUSE_MS = 10;

interface Gift {
  readonly key: string;
  readonly body: string;
}

/** Readers of what the databases have, and supporters who give until they are thanked. */
export function startFailoverLoad(origin: string, eventPath: string): FailoverLoad {
  const ledger = new Map<string, string>();
  const receipts: string[] = [];
  const unanswered = new Map<number, Gift>();
  let phase = new Phase();
  let inARow = 0;
  const readers = startLoad({
    origin,
    connections: READERS,
    pauseMs: PAUSE_MS,
    next(connection, n) {
      const receipt = receipts[Math.max(0, receipts.length - 1 - (n % 50))];
      const paths = [...sharedPaths, eventPath];
      if (receipt !== undefined) paths.push(`/api/donations/${receipt}`);
      const path = paths[(connection + n) % paths.length] ?? '/';
      // Past the cache, which would answer for the databases while they are lost.
      return read(`${path}?reader=${connection}&n=${n}`, () => phase);
    },
  });
  const writers = startLoad({
    origin,
    connections: WRITERS,
    pauseMs: PAUSE_MS,
    next(connection, n) {
      // The same gift with the same key, until somebody says that it is there.
      const gift = unanswered.get(connection) ?? newGift(`${connection}.${n}`);
      unanswered.set(connection, gift);
      const taken = (id: string): void => {
        ledger.set(gift.key, id);
        receipts.push(id);
        unanswered.delete(connection);
        inARow += 1;
      };
      return give(
        gift,
        () => phase,
        taken,
        () => (inARow = 0),
      );
    },
  });
  return {
    ledger,
    inARow: () => inARow,
    nextPhase() {
      const report = phase.report(readers.take(), writers.take());
      phase = new Phase();
      inARow = 0;
      return report;
    },
    async stop() {
      const [fromReaders, fromWriters] = await Promise.all([readers.stop(), writers.stop()]);
      return phase.report(fromReaders, fromWriters);
    },
  };
}

const sharedPaths = ['/api/donations/total', '/api/donations/leaders', '/api/events'];

function read(path: string, phase: () => Phase): LoadRequest {
  return {
    method: 'GET',
    path,
    check(answer) {
      const isRight = answer.status === 200 && isJson(answer.body);
      phase().read(path, answer, isRight);
      return isRight ? null : said(answer);
    },
  };
}

function give(
  gift: Gift,
  phase: () => Phase,
  taken: (id: string) => void,
  notTaken: () => void,
): LoadRequest {
  return {
    method: 'POST',
    path: '/api/donations',
    headers: { 'content-type': 'application/json', 'idempotency-key': `"${gift.key}"` },
    body: gift.body,
    check(answer) {
      const isTaken = answer.status === 201;
      phase().write(answer, isTaken ? 'acknowledged' : isKept(answer) ? 'kept' : 'other');
      if (!isTaken) {
        notTaken();
        return said(answer);
      }
      taken((JSON.parse(answer.body) as { id: string }).id);
      return null;
    },
  };
}

/** The gift is kept until its database is back, and the answer says where to ask. */
function isKept({ status, type, body }: LoadAnswer): boolean {
  if (status !== 202 || type !== 'application/json' || !isJson(body)) return false;
  const { status: said, statusUrl } = JSON.parse(body) as { status?: string; statusUrl?: string };
  return /^(?:queued|replaying)$/.test(said ?? '') && (statusUrl ?? '').startsWith('/.well-known/');
}

function newGift(place: string): Gift {
  const email = `${place}@failover.example`;
  const gift = { amount: 500, currency: 'USD', name: 'Ada Abara', email };
  return { key: randomUUID(), body: JSON.stringify(gift) };
}

function said({ status, body }: LoadAnswer): string {
  return `status ${status}: ${body.slice(0, 200)}`;
}

function isJson(text: string): boolean {
  try {
    return typeof JSON.parse(text) === 'object';
  } catch {
    return false;
  }
}
