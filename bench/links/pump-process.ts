import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { openSqliteState } from '../../src/adapters/sqlite/state.ts';
import { systemClock } from '../../src/adapters/system/clock.ts';
import { linkKey } from '../../src/contract/links.ts';
import type { LinkRecord } from '../../src/contract/links.ts';
import { createLog } from '../../src/lib/log.ts';
import { startLinks } from '../../src/links/start-links.ts';

/*
 * `pump-process.ts link|bare PORT TARGET FOLDER`: the process of the links with one link, or what
 * one writes with `node:net` in five lines. Says `ready` to its parent.
 */
const [kind = '', port = '', targetPort = '', folder = ''] = process.argv.slice(2);
const target = { host: '127.0.0.1', port: Number(targetPort) };

if (kind === 'link') {
  const state = await openSqliteState({ folder });
  const links = startLinks({
    state,
    clock: systemClock,
    log: createLog(2, 'links'),
    lastGoodFile: join(folder, 'last-good.json'),
    statusFile: join(folder, 'links.json'),
  });
  const record: LinkRecord = {
    service: 'bench',
    need: 'target',
    server: 'front',
    port: Number(port),
    target,
    fault: null,
  };
  await state.put(linkKey(record), record);
  while (links.statuses()[0]?.state !== 'open') await systemClock.sleep(10);
} else {
  const server = createServer({ noDelay: true }, (client) => {
    const upstream = connect({ ...target, noDelay: true });
    client.pipe(upstream);
    upstream.pipe(client);
    for (const socket of [client, upstream]) socket.on('error', () => undefined);
  });
  await new Promise<void>((resolve) => server.listen(Number(port), '127.0.0.1', resolve));
}
process.send?.('ready');
