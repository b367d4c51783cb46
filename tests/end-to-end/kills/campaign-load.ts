import { randomUUID } from 'node:crypto';
import { startLoad, type Load, type LoadRequest } from '../../support/load.ts';

/** Load on the campaign, and the list of gifts it was told were taken: the ledger. */
export interface CampaignLoad extends Load {
  /** Ids of every gift answered 201, to be held against the database afterwards. */
  readonly acknowledged: ReadonlySet<string>;
}

const names = ['Ada', 'Bruno', 'Carmen', 'Dana', 'Elena', 'Farid'];

/** Of ten requests three give, the others read: totals, leaders, and the pages. */
export function startCampaignLoad(
  origin: string,
  options: { readonly connections: number; readonly pauseMs: number },
): CampaignLoad {
  const acknowledged = new Set<string>();
  const next = (connection: number, n: number): LoadRequest => {
    const turn = (connection + n) % 10;
    if (turn < 3) return give(acknowledged, connection, n);
    // Past the cache: what is tried are the instances behind it.
    const own = `?reader=${connection}&n=${n}`;
    if (turn < 6) return read(`/api/donations/total${own}`, /"raisedCents":\d+/);
    if (turn < 8) return read(`/api/donations/leaders${own}`, /^\[.*\]$/s);
    return turn === 8 ? read('/', /<\/html>\s*$/) : read('/donate/', /<\/html>\s*$/);
  };
  return { ...startLoad({ origin, next, ...options }), acknowledged };
}

function give(acknowledged: Set<string>, connection: number, n: number): LoadRequest {
  const name = names[n % names.length] ?? 'Ada';
  const email = `${name.toLowerCase()}.${connection}.${n}@example.org`;
  return {
    method: 'POST',
    path: '/api/donations',
    headers: { 'content-type': 'application/json', 'idempotency-key': `"${randomUUID()}"` },
    body: JSON.stringify({ amount: 500 + n, currency: 'USD', name, email }),
    check: ({ status, body }) => {
      if (status !== 201) return `status ${status}: ${body.slice(0, 200)}`;
      const { id } = JSON.parse(body) as { id: string };
      acknowledged.add(id);
      return null;
    },
  };
}

function read(path: string, whole: RegExp): LoadRequest {
  return {
    method: 'GET',
    path,
    check: ({ status, body }) => {
      if (status !== 200) return `status ${status}: ${body.slice(0, 200)}`;
      return whole.test(body) ? null : `not the whole answer: …${body.slice(-60)}`;
    },
  };
}
