import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

import { openLogWrites } from '../../src/adapters/log/writes.ts';
import { openSqliteJournal } from '../../src/adapters/sqlite/journal.ts';
import { systemClock } from '../../src/adapters/system/clock.ts';
import { systemRandomness } from '../../src/adapters/system/randomness.ts';
import { followWriteKeys } from '../../src/profiles/write-keys.ts';
import { queueConfiguration } from '../../tests/support/queue-site.ts';
import { startSiteWorker } from '../../tests/support/site-worker.ts';
import { freePort } from '../peers/server.ts';
import { startPeer } from './contest.ts';

/*
 * Answers 202 to a POST of JSON once its body is on disk, and says on its first line where:
 * `http-process.ts bare|gateway FOLDER`. The one is a server of Node.js and a bare append and
 * fdatasync; the other a worker whose service is lost, with all of its stages.
 */
const [kind = '', folder = ''] = process.argv.slice(2);
const port = kind === 'bare' ? await startBare() : await startGateway();
process.once('SIGTERM', () => process.exit(0));
process.stdout.write(`http://127.0.0.1:${port}/gifts\n`);

async function startBare(): Promise<number> {
  const log = startPeer('bare', folder);
  const server = createServer((req, res) => {
    const chunks: Buffer[] = [];
    req.on('data', (chunk: Buffer) => chunks.push(chunk));
    req.on('end', () => {
      void log.append(Buffer.concat(chunks)).then(() => {
        res.writeHead(202, { 'content-type': 'application/json' });
        return res.end('{"status":"queued"}\n');
      });
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

async function startGateway(): Promise<number> {
  const log = { info() {}, warn: console.error, error: console.error, progress() {} };
  const writes = await openLogWrites({ path: join(folder, 'writes'), limitBytes: 1e12 });
  const journal = await openSqliteJournal({ folder });
  const parts = { clock: systemClock, randomness: systemRandomness, log };
  const { keys } = await followWriteKeys(join(folder, 'keys.json'), parts);
  // Nobody listens there.
  const configuration = queueConfiguration(await freePort(), {}, { path: '/gifts' });
  const worker = await startSiteWorker(configuration, {}, {}, null, {
    folder: join(folder, 'worker'),
    queue: { writes, keys, journal, holder: 'bench.1' },
  });
  return worker.port;
}
