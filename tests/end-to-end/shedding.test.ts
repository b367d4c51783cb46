import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createSite, type TestSite } from '../support/site-harness.ts';
import { eventually } from '../support/eventually.ts';
import { closedGoodput, startTieredLoad } from '../support/tiered-load.ts';
import { tieredSite, tiers } from '../support/tiered-site.ts';

let site: TestSite;
let origin: string;
/** Requests of core that the service answers in a second, measured here. */
let capacity: number;

before(async () => {
  site = await createSite(tieredSite({ slots: 4, workMs: 40, workers: 2 }));
  await site.up();
  origin = await site.origin();
  await eventually('the service answers', async () => (await fetch(`${origin}/core/1`)).ok);
  capacity = await closedGoodput(origin, 'core', { clients: 8, forMs: 3_000 });
});

after(() => site.close());

/** How a page that may be kept is answered, on a connection of its own. */
async function kept(): Promise<string> {
  const answer = await fetch(`${origin}/kept/page`, { headers: { connection: 'close' } });
  return `${answer.status} ${answer.headers.get('cache-status')}`;
}

describe('a service that is asked for five times what it can do', () => {
  test('gives it to core; sheddable is told to come back, not all at once', async () => {
    // On each connection another worker may answer, and each keeps for itself.
    await Promise.all(Array.from({ length: 40 }, () => kept()));
    const offered = (capacity * 5) / 3;
    const load = startTieredLoad(origin, { core: offered, important: offered, sheddable: offered });
    await sleep(8_000);
    load.take();
    await sleep(8_000);
    const { core, sheddable } = load.take();
    const found = await Promise.all(Array.from({ length: 10 }, () => kept()));
    const shown = await site.run('status');
    const status = await site.status();
    load.stop();

    process.stdout.write(`numbers: ${JSON.stringify({ capacity, core, sheddable })}\n`);
    assert.ok(core.good >= 0.7 * capacity * 8, `core ${core.good / 8}/s of ${capacity}/s`);
    assert.ok(sheddable.good <= 0.1 * capacity * 8, `sheddable ${sheddable.good / 8}/s`);
    assert.ok(sheddable.shed >= 0.9 * sheddable.sent, JSON.stringify(sheddable));
    const waits = new Set(Object.values(load.retryAfterS));
    assert.ok(waits.size >= 5, `told to wait ${[...waits].join(', ')} s`);
    for (const seconds of waits) assert.ok(seconds >= 1 && seconds <= 20);
    // What is kept costs nobody anything, and is there for all.
    for (const status of found) assert.match(status, /^200 .*hit/);

    const own = status.load?.find(({ service }) => service === 'shop');
    assert.ok(own !== undefined && own.shed.sheddable > 0 && own.limit > 0, JSON.stringify(own));
    assert.match(shown.stdout, /shop +\d+ of \d+ in flight.* sheddable turned away/);
    const told = status.notes.find(({ about }) => about === 'shop.sheddable');
    assert.equal(told?.code, 'shedding');
  });

  test('writes once into the journal that it began, and that it ended', async () => {
    const kinds = async (): Promise<readonly string[]> => {
      const response = await fetch(`${await site.console()}/api/journal?kind=shedding`);
      const { entries } = (await response.json()) as {
        entries: readonly { kind: string; subject: string }[];
      };
      return entries.filter(({ subject }) => subject === 'shop.sheddable').map(({ kind }) => kind);
    };
    const seen = await eventually(
      'it ended',
      async () => ((await kinds()).includes('shedding.ended') ? kinds() : null),
      40_000,
    );
    assert.deepEqual(seen, ['shedding.began', 'shedding.ended']);
  });

  test('answers all again afterwards', async () => {
    for (const tier of tiers) {
      await eventually(`${tier} is answered`, async () => (await fetch(`${origin}/${tier}/x`)).ok);
    }
  });
});
