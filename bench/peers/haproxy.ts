import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cores, freePort, startServer, type BenchServer } from './server.ts';

export async function startHaproxy(folder: string, origin: string): Promise<BenchServer> {
  const port = await freePort();
  const file = join(folder, 'haproxy.cfg');
  writeFileSync(
    file,
    `
global
  nbthread 1
  maxconn 4096
defaults
  mode http
  option forwardfor
  http-reuse always
  timeout connect 5s
  timeout client 60s
  timeout server 60s
listen site
  bind 127.0.0.1:${port}
  server origin ${new URL(origin).host} pool-max-conn 64
`,
  );
  return startServer({
    name: 'haproxy',
    url: `http://127.0.0.1:${port}/`,
    core: cores.server,
    folder,
    command: ['haproxy', '-db', '-f', file],
  });
}
