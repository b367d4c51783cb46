import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { after, test } from 'node:test';

import type { SiteHealth } from '../../src/contract/site-health.ts';
import type {
  DeadLetterReport,
  QueueReport,
  WriteReport,
} from '../../src/contract/write-report.ts';
import { eventually } from '../support/eventually.ts';
import { giftsSite } from '../support/gifts-site.ts';
import { createSite, type TestSite } from '../support/site-harness.ts';

let status = 503;
const bodies: string[] = [];
const service = createServer(async (req, res) => {
  let body = '';
  for await (const chunk of req) body += String(chunk);
  bodies.push(body);
  res.writeHead(status).end();
});
service.listen(0, '127.0.0.1');
await once(service, 'listening');
const { port } = service.address() as AddressInfo;
const site = await createSite(giftsSite({ port, workers: 1 }));
after(async () => {
  await site.close();
  service.close();
  service.closeAllConnections();
});

async function json<Value>(on: TestSite, ...words: string[]): Promise<Value> {
  const [command = '', ...rest] = words;
  const { code, stdout, stderr } = await on.run(command, ...rest, '--json');
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout) as Value;
}

test('what was set aside is looked at, changed, sent again and given up', async () => {
  await site.up();
  const origin = await site.origin();
  const give = async (cents: number): Promise<string> => {
    const answer = await fetch(`${origin}/gifts`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ email: `${cents}@x.example`, cents }),
    });
    assert.equal(answer.status, 202, await answer.text());
    return `${origin}${answer.headers.get('location')}`;
  };
  const first = await give(1);
  const second = await give(2);
  const queue = await json<QueueReport>(site, 'writes', 'status');
  assert.deepEqual([queue.waiting, queue.features[0]?.feature], [2, 'gifts.give']);
  status = 422;
  await eventually(
    'both are set aside',
    async () => {
      return (await json<readonly DeadLetterReport[]>(site, 'writes', 'list')).length === 2;
    },
    30_000,
  );
  const shown = await json<WriteReport>(site, 'writes', 'show', first);
  assert.deepEqual([shown.state, shown.reason], ['dead', 'refused: 422']);
  assert.match(shown.request?.body ?? '', /"cents":1}/);
  const { id } = shown;

  status = 201;
  await site.write('gift.json', '{"email":"1@x.example","cents":100}');
  const file = `${site.directory}/gift.json`;
  await json(site, 'writes', 'edit', id, '--body', file, '--why', 'a typing error');
  await eventually('it is done', async () => (await fetch(first)).status === 201, 30_000);
  // Nobody has asked the feature itself since: that it takes what waited says that it is well.
  await eventually('the feature is well again', async () => {
    const health = await fetch(`${origin}/.well-known/turnout/health`);
    return ((await health.json()) as SiteHealth).state === 'up';
  });
  assert.equal(bodies.at(-1), '{"email":"1@x.example","cents":100}');

  await json(site, 'writes', 'discard', second, '--why', 'given by telephone');
  await eventually(
    'it is given up',
    async () => {
      return (await json<QueueReport>(site, 'writes')).deadLetters === 0;
    },
    30_000,
  );
  await json(site, 'writes', 'rotate-key');
  const late = await site.run('writes', 'retry', second);
  assert.match(late.stderr, /write-not-dead/);

  const answer = await fetch(`${await site.console()}/api/journal?limit=1000`);
  const { entries } = (await answer.json()) as {
    entries: readonly { readonly kind: string; readonly why: string | null }[];
  };
  const told = entries.filter(({ kind }) => kind.startsWith('write.'));
  // What the gateway sets aside it writes down a moment later, and beside what people do.
  const isDead = ({ kind }: { readonly kind: string }): boolean => kind === 'write.dead';
  assert.equal(told.filter(isDead).length, 2);
  const done = told.filter((entry) => !isDead(entry));
  assert.deepEqual(
    done.map(({ kind }) => kind),
    ['write.shown', 'write.edited', 'write.discarded', 'write.key-rotated'],
  );
  assert.deepEqual(
    done.slice(1, 3).map(({ why }) => why),
    ['a typing error', 'given by telephone'],
  );
});
