import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { header } from './exchange.ts';
import { problemAnswer, problemCodes } from './problems.ts';

const page = readFileSync(new URL('../../docs/reference/problems.md', import.meta.url), 'utf8');

describe('problems that the data plane answers', () => {
  it('are those that the reference lists, with their status', () => {
    const listed = [...page.matchAll(/^\| `([a-z-]+)` \| (\d{3}) \|/gm)].map(
      ([, code, status]) => `${code} ${status}`,
    );
    const made = problemCodes.map(
      (code) => `${code} ${problemAnswer(code, { detail: '' }).status}`,
    );
    assert.deepEqual(listed, made);
  });

  it('are never stored, and say what kind of failure it was', () => {
    for (const code of problemCodes) {
      const { headers, body } = problemAnswer(code, { detail: 'Try again.', requestId: 'r-1' });
      assert.equal(header(headers, 'cache-control'), 'no-store');
      assert.match(header(headers, 'proxy-status') ?? '', /^turnout; error=[a-z_]+; details="/);
      const text = Buffer.from(body as Uint8Array).toString();
      const problem = JSON.parse(text) as Record<string, unknown>;
      assert.equal(problem['type'], `urn:turnout:problem:${code}`);
      assert.equal(problem['requestId'], 'r-1');
    }
  });
});
