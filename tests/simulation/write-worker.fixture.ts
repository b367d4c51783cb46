/**
 * A worker as far as queued writes go: appends what its parent sends, and whenever it gets the
 * lease, replays what any worker left. What the "service" received is a line in a file that
 * outlives everybody.
 *
 * Arguments: folder, holder, file of deliveries.
 */
import { openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { openLogWrites } from '../../src/adapters/log/writes.ts';
import { openSqliteState } from '../../src/adapters/sqlite/state.ts';
import { TurnoutError } from '../../src/lib/errors.ts';
import type { ClaimedWrite, WriteDrain } from '../../src/ports/writes/port.ts';

export interface AppendOrder {
  readonly key: string;
  readonly sequence: number;
}

const LEASE_MS = 400;
const [folder = '', holder = '', deliveries = ''] = process.argv.slice(2);
const state = await openSqliteState({ folder });
const writes = await openLogWrites({ path: join(folder, 'writes'), segmentBytes: 16_384 });
const received = openSync(deliveries, 'a');

process.on('message', ({ key, sequence }: AppendOrder) => {
  void writes
    .append({ feature: 'shop.buy', key, body: Buffer.from(`${sequence}`), forMs: 600_000 })
    .then(() => process.send?.({ key, sequence }));
});
process.on('disconnect', () => process.exit());
process.send?.('ready');

async function deliver(drain: WriteDrain, claimed: ClaimedWrite): Promise<void> {
  const sequence = Buffer.from(claimed.body).toString();
  if (claimed.attempts === 1 && Number(sequence) % 10 === 3) {
    await drain.delay(claimed, 5);
    return;
  }
  writeSync(received, `delivered ${claimed.key} ${sequence}\n`);
  if ((await drain.acknowledge(claimed)) === 'settled') {
    writeSync(received, `settled ${claimed.key} ${sequence}\n`);
  }
}

for (;;) {
  const lease = await state.lease('writes', holder, LEASE_MS);
  if (lease !== null) {
    try {
      const drain = await writes.drain(lease);
      while (await lease.renew(LEASE_MS)) {
        const claimed = await drain.claim({ limit: 32, forMs: 60_000 });
        await Promise.all(claimed.map((one) => deliver(drain, one)));
        if (claimed.length === 0) await delay(3);
      }
    } catch (error) {
      if (!(error instanceof TurnoutError) || error.code !== 'writes-fenced') throw error;
    }
  }
  await delay(50);
}
