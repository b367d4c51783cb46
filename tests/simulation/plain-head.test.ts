import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { PlainHeadReader } from '../../src/data-plane/edge/receive/plain-head.ts';
import { mutateRequest } from '../support/mutate-request.ts';
import { NodeReader } from '../support/node-reading.ts';
import { count, reportNumbers } from '../support/prove.ts';
import { readCorpus } from '../support/request-corpus.ts';
import { testSeed } from '../support/seed.ts';

const MUTATIONS = count(40_000, 10_000_000);
const MAX_SEED_BYTES = 2_000;

/** What browsers, tools and load balancers send. */
const usual = [
  'GET / HTTP/1.1\r\nHost: marlowe.example\r\n\r\n',
  'HEAD /assets/site-5f0c.css HTTP/1.1\r\nhost: marlowe.example\r\n' +
    'user-agent: curl/8.5.0\r\naccept: */*\r\n\r\n',
  'GET /api/events?county=adams&page=2 HTTP/1.1\r\nHost: 127.0.0.1:8080\r\n' +
    'Connection: keep-alive\r\n' +
    'sec-ch-ua: "Chromium";v="156", "Not A(Brand";v="24"\r\nUpgrade-Insecure-Requests: 1\r\n' +
    'User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko)\r\n' +
    'Accept: text/html,application/xhtml+xml;q=0.9,*/*;q=0.8\r\nAccept-Encoding: gzip, br\r\n' +
    'Accept-Language: en-US,en;q=0.9\r\nCookie: a=1; session=abcdefgh\r\n\r\n',
  'GET /x HTTP/1.1\r\nHost: a\r\nX-Empty:\r\nX-Spaces:  a b \t\r\nx-latin: caf\xe9\r\n\r\n',
  'GET /x HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 10.0.0.1, 10.0.0.2\r\nVia: 1.1 lb\r\n\r\n',
];

/**
 * The corpus of awkward requests, and usual ones more often than not: a mutation of what is taken
 * tells more than one of what is handed back anyway.
 */
function seeds(): { readonly corpus: readonly string[]; readonly good: readonly string[] } {
  const corpus = readCorpus()
    .map(({ sends }) => sends.join(''))
    .filter((bytes) => bytes !== '' && bytes.length < MAX_SEED_BYTES);
  return { corpus: [...corpus, ...usual], good: usual };
}

interface Sum {
  mutations: number;
  taken: number;
  handedBack: number;
}

const shared = Buffer.alloc(64 * 1024, 'x: y\r\n\r\n');

describe('requests that are nothing but a head', () => {
  const node = new NodeReader();
  after(() => node.close());

  async function hold(bytes: string, readers: readonly PlainHeadReader[]): Promise<boolean> {
    // As it lies in what all connections share: behind it is what another one sent.
    const length = shared.write(bytes, 'latin1');
    const [read, ...others] = readers.map((reader) => reader.read(shared, length));
    // What was read before on the same connection makes no difference.
    for (const other of others) assert.deepEqual(other, read, JSON.stringify(bytes));
    if (read === null || read === undefined) return false;
    const byNode = await node.read(Buffer.from(bytes, 'latin1'));
    const { method, target, headers } = read;
    const expected = { method, target, version: '1.1', headers, isComplete: true };
    assert.deepEqual(byNode, [expected], JSON.stringify(bytes));
    return true;
  }

  it('are taken where they are usual', async () => {
    for (const bytes of usual) assert.ok(await hold(bytes, [new PlainHeadReader()]), bytes);
  });

  it(`are read as Node's parser reads them, or handed to it: ${MUTATIONS} mutations`, async () => {
    const { randomness } = testSeed('plain heads');
    const { corpus, good } = seeds();
    const sum: Sum = { mutations: 0, taken: 0, handedBack: 0 };
    const kept = new PlainHeadReader();
    for (; sum.mutations < MUTATIONS; sum.mutations++) {
      const bytes = mutateRequest(corpus, good, randomness);
      if (await hold(bytes, [new PlainHeadReader(), kept])) sum.taken++;
      else sum.handedBack++;
    }
    reportNumbers('plain heads beside Node', { ...sum, node: process.version });
    assert.ok(sum.taken > MUTATIONS / 20, 'enough of them were taken to tell');
  });
});
