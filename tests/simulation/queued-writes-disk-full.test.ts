import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';

import { eventually } from '../support/eventually.ts';
import { giveTo, isDown, isWell, startQueueSite } from '../support/queue-site.ts';
import { mountSmallDisk } from '../support/small-disk.ts';

const MIB = 1024 * 1024;
const text = 'x'.repeat(8_000);

test('on a full disk a write is refused plainly, and what was kept is carried out', async () => {
  const disk = mountSmallDisk(4 * MIB);
  await using site = await startQueueSite({}, {}, join(disk.folder, 'writes'));
  site.answer(isDown);
  const kept: number[] = [];
  let refused = 0;
  for (let n = 0; refused < 5; n += 1) {
    const answer = await giveTo(site.url, { email: `${n}@x.example`, n, text });
    if (answer.status === 202) kept.push(n);
    else {
      assert.equal(answer.status, 503);
      assert.match(await answer.text(), /urn:turnout:problem:write-not-kept/);
      assert.ok(Number(answer.headers.get('retry-after')) > 0);
      refused += 1;
    }
    assert.ok(n < 2_000, 'the disk is never full');
  }
  assert.ok(kept.length > 10, `${kept.length} were kept`);
  site.seen.length = 0;
  site.answer(isWell);
  await eventually(
    'the queue is empty',
    async () => (await site.writes.stats()).depth === 0,
    60_000,
  );
  const done = site.seen.map(({ body }) => (JSON.parse(body) as { n: number }).n);
  assert.deepEqual(new Set(done), new Set(kept));
  site.answer(isDown);
  assert.equal((await giveTo(site.url, { email: 'new@x.example', text })).status, 202);
});
