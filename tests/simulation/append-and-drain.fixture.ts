/**
 * Appends writes, then drains them, and says on standard output what it was told: `acknowledged`,
 * `rejected` and `settled`, each with the id. Synchronous writes, so that a trace of system calls
 * shows when.
 *
 * Arguments: folder, `fdatasync` or `none`, how many writes, how many at a time.
 */
import { writeSync } from 'node:fs';
import { openLogWrites } from '../../src/adapters/log/writes.ts';
import { TurnoutError } from '../../src/lib/errors.ts';

const [path = '', sync, count, concurrency] = process.argv.slice(2);

function say(line: string): void {
  writeSync(1, `${line}\n`);
}

const writes = await openLogWrites({
  path,
  sync: sync === 'none' ? 'none' : 'fdatasync',
  segmentBytes: 8_192,
});

let next = 0;
async function appendOneAfterTheOther(appender: number): Promise<void> {
  while (next < Number(count)) {
    next += 1;
    const id = `write-${next}.`;
    const body = Buffer.from(`body of ${next}`);
    try {
      await writes.append({ id, feature: 'shop.buy', key: `key-${appender}`, body, forMs: 60_000 });
      say(`acknowledged ${id}`);
    } catch (error) {
      if (!(error instanceof TurnoutError)) throw error;
      say(`rejected ${id} ${error.code}`);
    }
  }
}
await Promise.all(
  Array.from({ length: Number(concurrency) }, (_, appender) => appendOneAfterTheOther(appender)),
);

/**
 * A drain that failed to write down what it did is given up; the next one goes on with a fence of
 * its own.
 */
async function drainAll(fence: number): Promise<void> {
  const drain = await writes.drain({ fence, holder: 'fixture' });
  for (;;) {
    const claimed = await drain.claim({ limit: 16, forMs: 60_000 });
    if (claimed.length === 0) return;
    await Promise.all(
      claimed.map(async (one) => {
        if ((await drain.acknowledge(one)) === 'settled') say(`settled ${one.id}`);
      }),
    );
  }
}

for (let fence = 1, drained = false; !drained; fence += 1) {
  try {
    await drainAll(fence);
    drained = true;
  } catch (error) {
    if (!(error instanceof TurnoutError)) throw error;
    say(`interrupted ${error.code}`);
  }
}
await writes.close();
