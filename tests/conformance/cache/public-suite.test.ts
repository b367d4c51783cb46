import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { before, describe, it } from 'node:test';
import type { SuiteTest } from 'http-cache-tests/tests/index.mjs';
import { startCachedSite } from '../../support/cached-site.ts';
import {
  runPublicSuite,
  suiteOrigin,
  suites,
  type Verdict,
} from '../../support/public-cache-suite.ts';

const page = readFileSync('docs/reference/cache-tests.md', 'utf8');
/** By the id of the test: why we do otherwise. */
const deviations = new Map(
  [...page.matchAll(/^\| `(\S+)` \| (.+) \|$/gm)].map(([, id = '', why = '']) => [id, why]),
);

/** The others only ask how a cache does something, or are for browsers. */
function isJudged({ kind, browser_only: isForBrowsers }: SuiteTest): boolean {
  return kind !== 'check' && isForBrowsers !== true;
}

/** Five bytes are not `bytes 4-9/10`, which a cache must not believe; they are `bytes 4-8/9`. */
function amend(test: SuiteTest): void {
  for (const request of test.requests) {
    const { response_headers: headers } = request;
    if (headers === undefined) continue;
    request.response_headers = headers.map((header) =>
      header[1] === 'bytes 4-9/10' ? ['Content-Range', 'bytes 4-8/9'] : header,
    );
  }
}

describe('the public suite of tests for HTTP caches', () => {
  let verdict: (test: SuiteTest) => Verdict;
  before(async () => {
    for (const { tests } of suites) tests.forEach(amend);
    await using site = await startCachedSite(suiteOrigin);
    verdict = await runPublicSuite(site.site.port);
  });

  for (const suite of suites) {
    const judged = suite.tests.filter(isJudged);
    if (judged.length === 0) continue;
    it(`is passed but for what is written: ${suite.name}, ${judged.length} tests`, () => {
      const failed = judged.filter((test) => verdict(test) !== 'pass').map(({ id }) => id);
      const expected = judged.filter(({ id }) => deviations.has(id)).map(({ id }) => id);
      assert.deepEqual(failed, expected);
    });
  }

  it('is passed as often as is written', () => {
    const judged = suites.flatMap(({ tests }) => tests.filter(isJudged));
    const rows = (['required', 'optimal'] as const).map((kind) => {
      const tests = judged.filter((test) => (test.kind ?? 'required') === kind);
      const passed = tests.filter((test) => verdict(test) === 'pass');
      return `| ${kind} | ${tests.length} | ${passed.length} |`;
    });
    assert.ok(page.includes(rows.join('\n')), rows.join('\n'));
  });

  it('knows every test that is written of', () => {
    const ids = new Set(suites.flatMap(({ tests }) => tests.map(({ id }) => id)));
    assert.deepEqual(
      [...deviations.keys()].filter((id) => !ids.has(id)),
      [],
    );
  });
});
