import assert from 'node:assert/strict';
import { globSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { eventually } from '../support/eventually.ts';
import { createSite, type TestSite } from '../support/site-harness.ts';
import { tinySite } from '../support/tiny-site.ts';

const server = `
import { createServer } from 'node:http';

createServer((request, response) => {
  if (request.url === '/health') return response.end();
  response.setHeader('cache-control', 'max-age=600');
  response.end(String(performance.timeOrigin + performance.now()));
}).listen(Number(process.env.PORT), process.env.HOST);
process.on('SIGTERM', () => process.exit(0));
`;

let site: TestSite;
before(async () => {
  const files = tinySite({ instances: 1, workers: 1, server });
  const cache = 'cache: { memory: 1MiB, disk: 16MiB }\n';
  site = await createSite({ ...files, 'site.yaml': `${files['site.yaml']}${cache}` });
  await site.up();
});
after(() => site.close());

async function page(headers: Readonly<Record<string, string>> = {}): Promise<Response> {
  return fetch(`${await site.origin()}/page`, { headers });
}

function filed(): number {
  return globSync(join(site.directory, '.turnout/workers/worker-1/**/cache/??/*')).length;
}

/** Without a word to the service: a worker serves before it has looked at its disk. */
async function foundAgain(text: string): Promise<void> {
  const kept = await eventually('it is found again', async () => {
    const answer = await page({ 'cache-control': 'only-if-cached' });
    return answer.status === 200 && (await answer.text());
  });
  assert.equal(kept, text);
}

test('a worker that is killed -9 is followed by one that still has what it kept', async () => {
  const text = await (await page()).text();
  await eventually('it is on disk', async () => filed() === 1);
  const { processes } = await site.status();
  const worker = processes.find(({ kind }) => kind === 'worker');
  process.kill(worker?.pid ?? 0, 'SIGKILL');
  await site.until('another worker serves', (status) =>
    status.processes.some(
      ({ kind, pid, state }) => kind === 'worker' && pid !== worker?.pid && state === 'running',
    ),
  );
  await foundAgain(text);
});

test('a site that was down has it when it is up again, until it is purged', async () => {
  const text = await (await page()).text();
  assert.equal((await site.run('down')).code, 0);
  await site.up();
  await foundAgain(text);
  assert.equal((await site.run('purge', '/page')).code, 0);
  await eventually('it is purged', async () => (await (await page()).text()) !== text);
  await eventually('the new one is on disk', async () => filed() === 1);
});
