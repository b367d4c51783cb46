import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createSite } from '../support/site-harness.ts';
import type { TestSite } from '../support/site-harness.ts';
import { tinySite } from '../support/tiny-site.ts';

let site: TestSite;
let origin: string;
before(async () => {
  site = await createSite(
    tinySite({
      server: `
import { createServer } from 'node:http';
createServer((request, response) => {
  console.log(request.url + ' ' + 'x'.repeat(2000));
  response.end('hello');
}).listen(Number(process.env.PORT), process.env.HOST);
setInterval(() => console.log('tick'), 10);
`,
    }),
  );
  await site.up();
  origin = await site.origin();
  // Dead for good: whoever starts things again goes first.
  const controller = await site.pid('controller');
  process.kill(await site.pid('keeper'), 'SIGKILL');
  process.kill(controller, 'SIGKILL');
});
after(() => site.close());

test('without keeper and controller the site serves, and instances log on', async () => {
  for (let n = 0; n < 300; n += 1) {
    const answer = await fetch(`${origin}/n${n}`);
    assert.equal(await answer.text(), 'hello');
  }
  const { stdout } = await site.run('logs', 'hello', '--lines', '5000');
  assert.match(stdout, /\/n299 x{2000}$/m);
});

test('status says what is dead, what serves on, and what to do', async () => {
  const status = await site.status();
  assert.deepEqual(
    status.notes.map(({ code }) => code),
    ['controller-dead', 'keeper-dead'],
  );
  assert.deepEqual(
    status.services[0]?.instances.map(({ state }) => state),
    ['ready', 'ready'],
  );
  assert.equal(status.addresses.site, origin);
  assert.equal(status.addresses.console, null);
});

test('down needs neither', async () => {
  const { code, stdout } = await site.run('down');
  assert.equal(code, 0);
  assert.match(stdout, /everything is stopped/);
  await assert.rejects(fetch(origin));
  assert.deepEqual((await site.status()).services[0]?.instances ?? [], []);
});
