import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { eventually } from '../../support/eventually.ts';
import { failing, quickHysteresis, startLadderedSite } from '../../support/laddered-site.ts';

describe('while a service says that a need is lost', () => {
  it('rungs answer without asking it, but for a request now and then', async () => {
    await using site = await startLadderedSite(
      { otherwise: ['stale 1h', 'closed'] },
      { needs: ['db'] },
    );
    await site.ask('/');
    site.answerBy(failing(503, 'db'));
    const before = site.origin.requests;
    let held = 0;
    for (let i = 0; i < 60; i++) {
      const answer = await site.ask('/');
      assert.deepEqual([answer.status, answer.body], [200, 'well']);
      if (String(answer.headers['proxy-status']).includes('details="need-lost"')) held++;
    }
    const asked = site.origin.requests - before;
    assert.equal(asked + held, 60);
    assert.ok(held > 0, 'none was held back');
  });

  it('all are asked again once it has answered well for a while, and not before', async () => {
    await using site = await startLadderedSite({ otherwise: ['closed'] }, { needs: ['db'] });
    site.answerBy(failing(503, 'db'));
    assert.equal((await site.ask('/')).status, 503);
    let goodMs = 0;
    site.answerBy((_req, res) => {
      goodMs ||= performance.now();
      res.end('back');
    });
    let good = 0;
    const left = (): boolean =>
      site.site.logged.some(({ message }) => message === 'A rung was left');
    await eventually('the rung is left', async () => {
      const { status } = await site.ask('/');
      if (status === 200) good++;
      return left();
    });
    assert.ok(performance.now() - goodMs >= quickHysteresis.goodMs - 50);
    assert.ok(good >= quickHysteresis.goodAnswers, `${good} good answers`);
    for (let i = 0; i < 20; i++) assert.equal((await site.ask('/')).status, 200);
  });

  it('a request for which no rung would answer is passed on', async () => {
    await using site = await startLadderedSite({ otherwise: ['stale 1h'] }, { needs: ['db'] });
    site.answerBy(failing(503, 'db'));
    for (let i = 0; i < 10; i++) {
      const answer = await site.ask('/');
      assert.deepEqual([answer.status, answer.body], [503, 'it failed']);
    }
    assert.equal(site.origin.requests, 10);
  });

  it('writes are held back, and reads that still work go on', async () => {
    await using site = await startLadderedSite(
      { 'db.primary': ['read-only'], otherwise: ['closed'] },
      { needs: ['db'] },
    );
    site.answerBy((req, res) => {
      if (req.method === 'GET') res.end('from the replica');
      else failing(503, 'db.primary')(req, res);
    });
    for (let i = 0; i < 20; i++) {
      const write = await site.ask('/', { method: 'POST', body: 'a' });
      assert.equal(write.status, 503);
      assert.match(write.body, /feature-read-only/);
      assert.equal((await site.ask('/')).body, 'from the replica');
    }
  });

  it('what fails for another reason is asked each time: nothing is certain', async () => {
    await using site = await startLadderedSite({ otherwise: ['closed'] }, { needs: ['db'] });
    site.answerBy(failing(503));
    for (let i = 0; i < 10; i++) assert.equal((await site.ask('/')).status, 503);
    assert.equal(site.origin.requests, 10);
    site.answerBy((_req, res) => void res.end('well'));
    assert.equal((await site.ask('/')).body, 'well', 'a good answer is never withheld');
  });
});
