import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cores, freePort, startServer, type BenchServer } from './server.ts';

export async function startCaddyStatic(folder: string, site: string): Promise<BenchServer> {
  return startCaddy(folder, `root * ${site}\n\tfile_server`);
}

export async function startCaddyProxy(folder: string, origin: string): Promise<BenchServer> {
  return startCaddy(
    folder,
    `reverse_proxy ${new URL(origin).host} {\n\t\ttransport http {\n\t\t\tkeepalive_idle_conns_per_host 64\n\t\t}\n\t}`,
  );
}

async function startCaddy(folder: string, directives: string): Promise<BenchServer> {
  const port = await freePort();
  const file = join(folder, 'Caddyfile');
  writeFileSync(
    file,
    `{
	admin off
	auto_https off
}
http://127.0.0.1:${port} {
	bind 127.0.0.1
	${directives}
}
`,
  );
  return startServer({
    name: 'caddy',
    url: `http://127.0.0.1:${port}/`,
    core: cores.server,
    folder,
    command: ['caddy', 'run', '--config', file, '--adapter', 'caddyfile'],
    environment: { GOMAXPROCS: '1', HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder },
  });
}
