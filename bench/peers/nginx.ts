import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BenchCertificate } from './bench-certificate.ts';
import { cores, freePort, KEPT_SECONDS, startServer, type BenchServer } from './server.ts';

/**
 * nginx as people who measure it set it up: sendfile, an open-file cache, no access log,
 * connections kept.
 */
export async function startNginxStatic(
  folder: string,
  site: string,
  certificate: BenchCertificate | null = null,
): Promise<BenchServer> {
  return startNginx(
    'nginx',
    folder,
    cores.server,
    `
    location / {
      root ${site};
      sendfile on;
      tcp_nopush on;
      open_file_cache max=1000 inactive=60s;
      open_file_cache_valid 60s;
    }`,
    '',
    certificate,
  );
}

export async function startNginxProxy(folder: string, origin: string): Promise<BenchServer> {
  return startNginx(
    'nginx',
    folder,
    cores.server,
    `
    location / {
      proxy_pass http://origin;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_set_header X-Forwarded-Proto $scheme;
    }`,
    `upstream origin { server ${new URL(origin).host}; keepalive 64; keepalive_requests 1000000000; }`,
  );
}

/**
 * A proxy that keeps what it is told for a minute, in files that the kernel has in memory;
 * `openFiles` keeps them open too.
 */
export async function startNginxCache(
  folder: string,
  origin: string,
  openFiles = false,
): Promise<BenchServer> {
  const name = openFiles ? 'nginx-of' : 'nginx';
  return startNginx(
    name,
    folder,
    cores.server,
    `
    location / {
      proxy_pass http://origin;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_cache kept;
      proxy_cache_valid ${KEPT_SECONDS}s;
      proxy_cache_lock on;
      add_header X-Cache $upstream_cache_status;
    }`,
    `upstream origin { server ${new URL(origin).host}; keepalive 64; }
    proxy_cache_path ${folder}/${name}-kept keys_zone=kept:10m;
    ${openFiles ? 'open_file_cache max=10000 inactive=60s;' : ''}`,
  );
}

/** The origin behind all proxies: as fast as can be had, on the core of the load. */
export async function startOrigin(folder: string, body: string): Promise<BenchServer> {
  return startNginx(
    'origin',
    folder,
    cores.load,
    `
    location / { default_type text/plain; return 200 "${body}"; }`,
  );
}

function sslOf({ certificate, key }: BenchCertificate): string {
  return `ssl_certificate ${certificate}; ssl_certificate_key ${key};
    ssl_protocols TLSv1.2 TLSv1.3; ssl_session_tickets on;`;
}

/** Otherwise its worker becomes `nobody`, who cannot read a temporary folder. */
const runsAsRoot = process.getuid?.() === 0;

async function startNginx(
  name: string,
  folder: string,
  core: number,
  location: string,
  upstream = '',
  certificate: BenchCertificate | null = null,
): Promise<BenchServer> {
  const port = await freePort();
  const tlsPort = certificate === null ? null : await freePort();
  const file = join(folder, `${name}.conf`);
  writeFileSync(
    file,
    `
daemon off;
${runsAsRoot ? 'user root;' : ''}
worker_processes 1;
pid ${folder}/${name}.pid;
error_log ${folder}/${name}.error.log warn;
events { worker_connections 4096; }
http {
  include /etc/nginx/mime.types;
  access_log off;
  keepalive_requests 1000000000;
  client_body_temp_path ${folder}/${name}-body;
  proxy_temp_path ${folder}/${name}-proxy;
  fastcgi_temp_path ${folder}/${name}-fastcgi;
  uwsgi_temp_path ${folder}/${name}-uwsgi;
  scgi_temp_path ${folder}/${name}-scgi;
  ${upstream}
  server {
    listen 127.0.0.1:${port} reuseport;
    ${tlsPort === null ? '' : `listen 127.0.0.1:${tlsPort} ssl reuseport;`}
    ${certificate === null ? '' : sslOf(certificate)}
    ${location}
  }
}
`,
  );
  const command = [
    'nginx',
    '-p',
    folder,
    '-c',
    file,
    '-e',
    join(folder, `${name}.early.log`),
  ] as const;
  return startServer({
    name,
    url: tlsPort === null ? `http://127.0.0.1:${port}/` : `https://127.0.0.1:${tlsPort}/`,
    probe: `http://127.0.0.1:${port}/`,
    core,
    folder,
    command: [...command],
  });
}
