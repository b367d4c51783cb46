import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import { describe, it } from 'node:test';

import type { Randomness } from '../../src/ports/randomness/port.ts';
import { eventually } from '../support/eventually.ts';
import { mutateRequest } from '../support/mutate-request.ts';
import { count, reportNumbers } from '../support/prove.ts';
import {
  type Recorded,
  type RecordingOrigin,
  startRecordingOrigin,
} from '../support/recording-origin.ts';
import { readCorpus } from '../support/request-corpus.ts';
import { testSeed } from '../support/seed.ts';
import { reverseProxy, type SiteWorker, startSiteWorker } from '../support/site-worker.ts';
import { readStrictly } from '../support/strict-requests.ts';

const REQUESTS = count(8_000, 1_000_000);
/** At a time, each from an address of its own, by which the origin tells them apart. */
const BATCH = 400;
/** All of a batch is in one process and on loopback: silence for so many looks is the end. */
const QUIET_LOOKS = 6;
/** Longer ones are about sizes, which mutation has nothing to add to. */
const MAX_SEED_BYTES = 2_000;

const limits = { headMs: 2_000, requestMs: 2_000, idleMs: 2_000 };
/** Beyond all limits together: who still has a connection then is hanging. */
const PATIENCE_MS = 15_000;

interface Conversation {
  readonly address: string;
  readonly bytes: string;
  /** What came back until the end of the connection. */
  text: string;
}

describe('mutated requests', () => {
  it(`reach a service whole, once, and as a strict reader reads them, ${REQUESTS} times`, async () => {
    const { randomness } = testSeed('mutated requests');
    const cases = readCorpus()
      .map(({ sends, origin: seen }) => ({ bytes: sends.join(''), isGood: seen !== '' }))
      .filter(({ bytes }) => bytes !== '' && bytes.length < MAX_SEED_BYTES);
    const corpus = cases.map(({ bytes }) => bytes);
    const good = cases.filter(({ isGood }) => isGood).map(({ bytes }) => bytes);
    await using origin = await startRecordingOrigin();
    const configuration = reverseProxy(origin.port, { deadlineMs: 1_000 });
    await using site = await startSiteWorker(configuration, {}, limits);
    const sum = { requests: 0, passed: 0, refused: 0, silent: 0 };
    while (sum.requests < REQUESTS) {
      origin.recorded = [];
      const batch = Array.from({ length: BATCH }, (_, at) => ({
        address: `127.1.${Math.floor(at / 200)}.${(at % 200) + 1}`,
        bytes: mutateRequest(corpus, good, randomness),
        text: '',
      }));
      await converse(batch, site.port, randomness);
      await eventually('all is done', () => site.worker.stats().inFlight === 0, PATIENCE_MS);
      judge(batch, origin, sum);
      sum.requests += BATCH;
    }
    assert.deepEqual(failuresOf(site), []);
    assert.ok(sum.passed > sum.requests / 20, 'mutation leaves some requests whole');
    assert.ok(sum.refused > sum.requests / 20, 'mutation breaks some requests');
    reportNumbers('mutated requests', sum);
  });
});

function failuresOf(site: SiteWorker): unknown[] {
  return site.logged.filter(({ level }) => level === 'error');
}

/**
 * Sends all of a batch, each in up to three pieces; when nothing more comes the clients end their
 * halves (before that it would mean that they do not want their answers), and take what comes until
 * the end.
 */
async function converse(
  batch: readonly Conversation[],
  port: number,
  chance: Randomness,
): Promise<void> {
  let quietLooks = 0;
  const sockets = new Map<Socket, Conversation>();
  for (const one of batch) {
    const socket = connect({ port, host: '127.0.0.1', localAddress: one.address, noDelay: true });
    sockets.set(socket, one);
    socket.on('data', (chunk: Buffer) => {
      quietLooks = 0;
      one.text += chunk.toString('latin1');
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      quietLooks = 0;
      sockets.delete(socket);
    });
    socket.once('connect', () => {
      quietLooks = 0;
      for (const piece of cut(one.bytes, chance)) setImmediate(() => socket.write(piece, 'latin1'));
    });
  }
  // Looks, not time: each is a turn of the loop on which all of this runs, however slow it is.
  await eventually('nothing more comes', () => ++quietLooks > QUIET_LOOKS, PATIENCE_MS);
  for (const socket of sockets.keys()) socket.end();
  await eventually('all are closed', () => sockets.size === 0, PATIENCE_MS).catch(() => {
    const [hanging] = sockets.values();
    assert.fail(`a connection hangs after ${JSON.stringify(hanging?.bytes)}`);
  });
}

function cut(bytes: string, chance: Randomness): string[] {
  const cuts = Array.from({ length: chance.integer(3) }, () => chance.integer(bytes.length + 1));
  const marks = [0, ...cuts.toSorted((a, b) => a - b), bytes.length];
  return marks
    .slice(1)
    .map((mark, at) => bytes.slice(marks[at], mark))
    .filter((piece) => piece !== '');
}

function judge(
  batch: readonly Conversation[],
  origin: RecordingOrigin,
  sum: { passed: number; refused: number; silent: number },
): void {
  assert.deepEqual(origin.faults, []);
  const byAddress = Map.groupBy(origin.recorded, ({ request }) => {
    return request.fields.find(([name]) => name === 'x-forwarded-for')?.[1] ?? '';
  });
  for (const one of batch) {
    const heard = byAddress.get(one.address) ?? [];
    byAddress.delete(one.address);
    assert.equal(faultOf(one, heard), null, explain(one, heard));
    sum.passed += heard.length;
    if (/\r\nproxy-status: /i.test(one.text)) sum.refused += 1;
    if (one.text === '') sum.silent += 1;
  }
  assert.deepEqual([...byAddress.keys()], [], 'requests that nobody sent');
}

/** What is wrong with what the service heard of one connection; null when nothing is. */
function faultOf({ bytes, text }: Conversation, heard: readonly Recorded[]): string | null {
  const { requests } = readStrictly(bytes, true);
  if (heard.length > requests.length) return 'more requests than a strict reader finds';
  // Those that we answer ourselves reach no service, and nothing behind a refused one is heard.
  let at = 0;
  for (const { request } of heard) {
    while (at < requests.length && !isSame(request, requests[at])) at += 1;
    if (at === requests.length) return 'another request, or another order, than was sent';
    at += 1;
  }
  const answers = [...text.matchAll(/^x-answer: (\d+)\r$/gim)].map(([, number]) => Number(number));
  const numbers = heard.map(({ number }) => number);
  if (numbers.join() !== answers.join()) return 'answers that are not those of its requests';
  return null;
}

type Request = Pick<Recorded['request'], 'method' | 'body'>;

function isSame(heard: Request, sent: Request | undefined): boolean {
  return heard.method === sent?.method && heard.body === sent.body;
}

function explain({ bytes, text }: Conversation, heard: readonly Recorded[]): string {
  const { requests, fault } = readStrictly(bytes, true);
  return [
    `sent ${JSON.stringify(bytes)}`,
    `a strict reader finds ${requests.length} requests, then ${fault ?? 'nothing wrong'}`,
    `the service heard ${JSON.stringify(heard.map(({ raw }) => raw))}`,
    `the client heard ${JSON.stringify(text)}`,
  ].join('\n');
}
