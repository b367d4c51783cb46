import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compareServers } from './peers/compare.ts';
import { startNginxProxy, startOrigin } from './peers/nginx.ts';
import { printComparison } from './peers/print-comparison.ts';
import { type BenchServer, cores, freePort, startServer } from './peers/server.ts';

/**
 * `node bench/upstream-client.ts [rounds]`: the real pipeline with our own upstream client and with
 * undici's Pool, beside nginx; each on core 0, wrk and the origin on core 1. What
 * docs/decisions/0006-upstream-client.md was decided by.
 */
const rounds = Number(process.argv[2] ?? 5);
const effort = { rounds, seconds: 2, warmUpSeconds: 3, connections: 64 };
const program = fileURLToPath(new URL('./upstream-client/proxy-process.ts', import.meta.url));

async function startPipeline(client: string, folder: string, origin: string): Promise<BenchServer> {
  const port = await freePort();
  return startServer({
    name: client,
    url: `http://127.0.0.1:${port}/`,
    core: cores.server,
    folder,
    command: [process.execPath, program, client, String(port), new URL(origin).port],
  });
}

const folder = mkdtempSync(join(tmpdir(), 'turnout-bench-'));
const running: BenchServer[] = [];
try {
  const origin = await startOrigin(folder, 'x'.repeat(1_024));
  running.push(origin);
  const own = await startPipeline('own', folder, origin.url);
  running.push(own);
  const undici = await startPipeline('undici', folder, origin.url);
  running.push(undici);
  const nginx = await startNginxProxy(folder, origin.url);
  running.push(nginx);
  const measured = await compareServers([own, undici, nginx], effort, (line) =>
    console.error(line),
  );
  printComparison('Upstream clients under the real pipeline', measured, 'own', [
    { peer: 'undici', atLeast: 1 },
  ]);
} finally {
  for (const server of running.toReversed()) await server.stop();
  rmSync(folder, { recursive: true, force: true });
}
