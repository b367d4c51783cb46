import { request } from 'node:http';
import type { RequestListener } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { getResults, runTests, type SuiteInit } from 'http-cache-tests/client/runner.mjs';
import handleConfig from 'http-cache-tests/server/handle-config.mjs';
import handleState from 'http-cache-tests/server/handle-state.mjs';
import handleTest from 'http-cache-tests/server/handle-test.mjs';
import suites, { type SuiteTest } from 'http-cache-tests/tests/index.mjs';

export { suites };
export type Verdict = 'pass' | 'fail' | 'setup' | 'depends';

/** Many of its tests wait for three seconds, twice. */
const AT_ONCE = 100;

/** The origin that the suite brings: it answers each request as the test says. */
export const suiteOrigin: RequestListener = (asked, response) => {
  const [, kind, ...segments] = new URL(asked.url ?? '', 'http://origin').pathname.split('/');
  const handle = { config: handleConfig, state: handleState, test: handleTest }[kind ?? ''];
  if (handle !== undefined) handle(segments, asked, response);
  else response.writeHead(404).end();
};

/** Runs all of it against a cache on that port, and judges each test as the suite's page does. */
export async function runPublicSuite(port: number): Promise<(test: SuiteTest) => Verdict> {
  await runTests(suites, fetchOnce, false, `http://127.0.0.1:${port}`, AT_ONCE);
  const results = getResults();
  const tests = new Map(suites.flatMap((suite) => suite.tests.map((test) => [test.id, test])));
  const verdict = ({ id, depends_on: needed = [] }: SuiteTest): Verdict => {
    const isMissing = needed.some((other) => verdict(tests.get(other) as SuiteTest) !== 'pass');
    if (isMissing) return 'depends';
    const result = results[id];
    if (result === true) return 'pass';
    return result?.[0] === 'Setup' ? 'setup' : 'fail';
  };
  return verdict;
}

/** As little of `fetch` as the suite needs: every header is sent and given as it is. */
function fetchOnce(url: string, { method, headers = [], body }: SuiteInit = {}): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const length = body === undefined ? [] : ['content-length', String(Buffer.byteLength(body))];
    const sent = ['host', new URL(url).host, ...length, ...headers.flat()];
    const asked = request(url, { method: method ?? 'GET', headers: sent });
    asked.once('error', reject);
    asked.once('response', (response) => {
      const told = new Headers();
      const raw = response.rawHeaders;
      raw.forEach((name, index) => {
        if (index % 2 === 0) told.append(name, raw[index + 1] ?? '');
      });
      const status = response.statusCode;
      const text = async (): Promise<string> => String(await buffer(response));
      resolve({ status, statusText: response.statusMessage, headers: told, text });
    });
    asked.end(body);
  });
}
