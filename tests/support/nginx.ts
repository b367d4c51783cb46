import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after } from 'node:test';
import { findFreePort } from '../../src/lib/free-port.ts';
import { eventually } from './eventually.ts';
import { rawGet } from './raw-get.ts';
import { temporaryFolder } from './temporary-folder.ts';

/**
 * A real nginx that serves a folder, as the judge of what Turnout answers; stopped when the test
 * file is over.
 */
export async function startNginx(directory: string): Promise<{ readonly origin: string }> {
  const folder = await temporaryFolder('nginx');
  await chmod(folder, 0o755);
  // nginx cannot be asked to choose a port and say which.
  const port = await findFreePort(Math.random);
  const file = join(folder, 'nginx.conf');
  await writeFile(file, configuration(folder, directory, port));
  const server = spawn('nginx', ['-p', folder, '-c', file, '-e', join(folder, 'early.log')], {
    stdio: 'ignore',
  });
  const exited = once(server, 'exit').catch((error: unknown) => {
    throw new Error('this test compares with nginx: install it (apt-get install nginx-light)', {
      cause: error,
    });
  });
  after(async () => {
    server.kill('SIGTERM');
    await exited;
  });
  const origin = `http://127.0.0.1:${port}`;
  const answers = eventually('nginx answers', () =>
    rawGet(origin, '/').then(
      () => true,
      () => false,
    ),
  );
  await Promise.race([answers, exited.then(() => Promise.reject(new Error('nginx ended')))]);
  return { origin };
}

function configuration(folder: string, directory: string, port: number): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  return `
daemon off;
${process.getuid?.() === 0 ? 'user root;' : ''}
worker_processes 1;
pid ${folder}/nginx.pid;
error_log ${folder}/error.log;
events {}
http {
  include /etc/nginx/mime.types;
  access_log off;
  ${temporary.map((name) => `${name}_temp_path ${folder}/${name};`).join('\n  ')}
  server {
    listen 127.0.0.1:${port};
    root ${directory};
    max_ranges 16;
  }
}
`;
}
