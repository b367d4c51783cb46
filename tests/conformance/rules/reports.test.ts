import assert from 'node:assert/strict';
import { it } from 'node:test';
import {
  renderAutoBan,
  renderRules,
  sumAutoBan,
  sumRules,
} from '../../../src/cli/rules/render-rules.ts';
import { RULE_REPORTS_PREFIX, type RuleReport } from '../../../src/contract/rule-reports.ts';
import { startEdgeSite } from '../../support/edge-site.ts';
import { eventually } from '../../support/eventually.ts';

it('what rules did is told to state, and shown for all workers together', async () => {
  await using site = await startEdgeSite(`
turnout: 1
rules:
  - name: bots
    when: 'request.headers["user-agent"].contains("bot")'
    mode: observe
    respond: 403
  - { name: closed, when: 'request.path == "/closed"', respond: 410 }
`);
  for (let n = 0; n < 7; n++) await site.ask('/', { headers: { 'user-agent': 'a bot' } });
  await site.ask('/closed');
  const report = await eventually('the rules were told', async () => {
    const entry = await site.site.state.get(`${RULE_REPORTS_PREFIX}w1`);
    const told = (entry?.value ?? null) as RuleReport | null;
    return told?.rules[1]?.hits === 1 ? told : null;
  });
  assert.deepEqual(
    report.rules.map(({ rule, mode, hits, errors }) => [rule, mode, hits, errors]),
    [
      ['bots', 'observe', 7, 1],
      ['closed', 'enforce', 1, 0],
    ],
  );
  assert.equal(report.rules[0]?.observations.length, 5);
  const shown = renderRules(sumRules([report, { ...report, worker: 'w2' }]));
  assert.match(shown, /^rule +mode +hits +held back +errors\nbots +observe +14 +0 +2\n/);
  assert.match(shown, /bots would respond 403: 192\.0\.2\.1 GET site\.example\/\n/);
});

it('whom auto-ban would have banned is told and shown the same way', async () => {
  await using site = await startEdgeSite(`
turnout: 1
auto-ban: { limits: [{ name: closed-door, statuses: 410, count: 2, within: 10m }] }
rules: [{ name: closed, when: 'request.path == "/closed"', respond: 410 }]
`);
  for (let n = 0; n < 4; n++) await site.ask('/closed', { address: '203.0.113.7' });
  const report = await eventually('it was told', async () => {
    const entry = await site.site.state.get(`${RULE_REPORTS_PREFIX}w1`);
    const told = (entry?.value ?? null) as RuleReport | null;
    return (told?.autoBan?.over ?? 0) > 0 ? told : null;
  });
  const { autoBan } = report;
  assert.deepEqual(
    [autoBan?.mode, autoBan?.over, autoBan?.banned, autoBan?.samples[0]?.network],
    ['observe', 1, 0, '203.0.113.7'],
  );
  const shown = renderAutoBan(sumAutoBan([report, { ...report, worker: 'w2' }]));
  assert.match(shown, /^\nauto-ban: 2 clients went over a limit, it only observes\n/);
  assert.match(shown, /Z {2}203\.0\.113\.7 went over closed-door: 3\n/);
  assert.equal(renderAutoBan(sumAutoBan([{ worker: 'w3', atMs: 0, rules: [] }])), '');
});
