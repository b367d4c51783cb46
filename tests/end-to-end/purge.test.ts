import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createSite } from '../support/site-harness.ts';
import type { TestSite } from '../support/site-harness.ts';
import { tinySite } from '../support/tiny-site.ts';

const server = `
import { createServer } from 'node:http';

let version = 0;
createServer((request, response) => {
  if (request.url === '/health') return response.end();
  response.setHeader('cache-control', 'max-age=600');
  response.setHeader('surrogate-key', 'page');
  response.end('version ' + ++version);
}).listen(Number(process.env.PORT), process.env.HOST);
process.on('SIGTERM', () => process.exit(0));
`;

let site: TestSite;
before(async () => {
  site = await createSite(tinySite({ instances: 1, workers: 1, server }));
  await site.up();
});
after(() => site.close());

async function page(): Promise<string> {
  return (await fetch(`${await site.origin()}/page`)).text();
}

test('what a service lets be kept is kept, until it is purged by address, key or all', async () => {
  const seen = new Set([await page(), await page(), await page()]);
  assert.equal(seen.size, 1);
  for (const words of [['/page'], ['--key', 'page'], ['--prefix', '/'], ['--all']]) {
    const old = await page();
    const { code, stdout, stderr } = await site.run('purge', ...words, '--why', 'a test');
    assert.equal(code, 0, stderr);
    assert.match(stdout, / is purged\n$/);
    const deadline = performance.now() + 1_000;
    while ((await page()) === old) assert.ok(performance.now() < deadline, 'it is gone by now');
  }
  const journal = await (await fetch(`${await site.console()}/api/journal`)).text();
  assert.match(journal, /"kind": "cache.purged",\s+"subject": "\/page",[^}]*"why": "a test"/);
});

test('a purge that is not clear is refused, with what to say', async () => {
  for (const [words, message] of [
    [[], /purge-unclear: It is not said what to purge/],
    [['/page', '--all'], /purge-unclear: It is said twice/],
    [['page'], /purge-unclear: "page" is no address[^]*remedy: Begin with/],
    [['--key', 'page', '--prefix'], /purge-unclear: --prefix says how an address is meant/],
    [['--key', 'two words'], /query-invalid: A key has neither spaces/],
  ] as const) {
    const { code, stderr } = await site.run('purge', ...words);
    assert.equal(code, 1);
    assert.match(stderr, message);
  }
});
