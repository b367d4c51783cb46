import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { eventually } from '../support/eventually.ts';
import { RawClient } from '../support/raw-http.ts';
import { readAnswers } from '../support/strict-answers.ts';
import {
  type RecordingOrigin,
  startRecordingOrigin,
  withoutAdded,
} from '../support/recording-origin.ts';
import { type CorpusCase, readCorpus } from '../support/request-corpus.ts';
import { reverseProxy, type SiteWorker, startSiteWorker } from '../support/site-worker.ts';

/** The worker and the origin of all cases, one after the other. */
let origin: RecordingOrigin;
let site: SiteWorker;

before(async () => {
  origin = await startRecordingOrigin();
  site = await startSiteWorker(reverseProxy(origin.port));
});

after(async () => {
  await site[Symbol.asyncDispose]();
  await origin[Symbol.asyncDispose]();
});

const groups = Map.groupBy(readCorpus(), ({ group }) => group);
for (const [group, cases] of groups) {
  describe(`requests, ${group}`, () => {
    for (const one of cases) it(`${one.name} (${one.source})`, () => converse(one));
  });
}

const probe = 'GET /probe HTTP/1.1\r\nHost: a.example\r\n\r\n';

async function converse(one: CorpusCase): Promise<void> {
  origin.recorded = [];
  origin.faults = [];
  const client = new RawClient(site.port);
  try {
    for (const bytes of one.sends) {
      await new Promise<void>((resolve) => {
        client.socket.write(bytes, 'latin1', () =>
          setTimeout(resolve, one.sends.length > 1 ? 5 : 0),
        );
      });
    }
    if (one.endsHalf) client.socket.end();
    const methods = one.sends.join('').startsWith('HEAD') ? ['HEAD'] : [];
    const expected = one.answers.length;
    const isAll = (text: string): boolean => readAnswers(text, methods).answers.length >= expected;
    let { text } = await client.until(isAll);
    if (one.ending === 'closed') text = (await client.toEnd()).text;
    const { answers, rest } = readAnswers(text, methods);
    assert.deepEqual(
      answers.map(({ status }) => status),
      one.answers,
      text.slice(0, 400),
    );
    assert.equal(rest, '', 'nothing but answers was said');
    assert.equal(client.ending ?? 'open', one.ending);
    for (const { status, head } of answers) {
      if (status >= 400) assert.match(head, /\r\ncontent-type: application\/problem\+json\r\n/i);
    }
    await eventually('the origin is left in peace', () => site.worker.stats().inFlight === 0);
    assert.deepEqual(origin.faults, []);
    assert.equal(origin.recorded.map(({ raw }) => withoutAdded(raw)).join(''), one.origin);
    if (one.ending === 'open') {
      const before = text.length;
      const more = await client.send(probe).until((all) => all.slice(before).endsWith('ok'));
      assert.match(more.text.slice(before), /^HTTP\/1\.1 200 /, 'the connection is in step');
    }
  } finally {
    client.destroy();
  }
}
