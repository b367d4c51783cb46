import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { cores, freePort, KEPT_SECONDS, startServer, type BenchServer } from './server.ts';

/** As installed, with memory for what it keeps and no rules. */
export async function startVarnish(folder: string, origin: string): Promise<BenchServer> {
  const port = await freePort();
  const own = join(folder, 'varnish');
  mkdirSync(own);
  const where = ['-n', own, '-a', `127.0.0.1:${port}`, '-b', new URL(origin).host];
  return startServer({
    name: 'varnish',
    url: `http://127.0.0.1:${port}/`,
    core: cores.server,
    folder,
    command: ['varnishd', '-F', ...where, '-s', 'malloc,128m', '-t', String(KEPT_SECONDS)],
  });
}
