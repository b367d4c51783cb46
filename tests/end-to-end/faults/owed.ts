import type { QueueReport } from '../../../src/contract/write-report.ts';
import { askDatabase } from '../../support/campaign-database.ts';
import { eventually } from '../../support/eventually.ts';
import type { TestSite } from '../../support/site-harness.ts';
import { GIVERS_DOMAIN, type Promises } from './visitors.ts';

/** How the books of the visitors and those of the campaign differ: not at all, that is. */
export interface Differences {
  readonly gifts: number;
  readonly calls: number;
  readonly lost: readonly string[];
  readonly double: readonly string[];
  readonly deadLetters: number;
}

const LONG_MS = 90_000;

/** Once nothing waits any more, holds what was promised against the databases. */
export async function differencesOf(site: TestSite, promises: Promises): Promise<Differences> {
  let last: QueueReport | null = null;
  const queue = await eventually(
    'the queue is empty',
    async () => {
      const { stdout } = await site.run('writes', 'status', '--json');
      last = JSON.parse(stdout) as QueueReport;
      return last.waiting === 0 ? last : null;
    },
    LONG_MS,
  ).catch((error: unknown) => {
    throw new Error(`the queue is not empty: ${JSON.stringify(last)}`, { cause: error });
  });
  const gifts = await askDatabase<Counted>(
    site,
    `select email as of, count(*)::int as times from donations where email like $1 group by email`,
    [`%@${GIVERS_DOMAIN}`],
  );
  const calls = await askDatabase<Counted>(
    site,
    `select claim_id::text as of, count(*)::int as times from calls
     where claim_id = any($1::uuid[]) group by claim_id`,
    [[...promises.calls]],
    'organizing',
  );
  const there = new Map([...gifts, ...calls].map(({ of, times }) => [of, times]));
  return {
    gifts: promises.gifts.size,
    calls: promises.calls.size,
    lost: [...promises.gifts, ...promises.calls].filter((one) => !there.has(one)),
    double: [...there].filter(([, times]) => times > 1).map(([one]) => one),
    deadLetters: queue.deadLetters,
  };
}

interface Counted {
  readonly of: string;
  readonly times: number;
}
