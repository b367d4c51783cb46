import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { loadEdge } from '../../../src/cli/rules/edge-of-site.ts';
import { runExamples } from '../../../src/cli/rules/run-examples.ts';
import { mmdbFile } from '../../support/mmdb-file.ts';

const site = new URL('../../../examples/campaign/', import.meta.url);

describe('the edge of the campaign', () => {
  it('does what each of its examples says', async () => {
    const results = runExamples(await loadEdge({ site: site.pathname }));
    assert.ok(results.length > 25, `${results.length} examples`);
    assert.deepEqual(
      results.filter(({ ok }) => !ok),
      [],
    );
  });

  it('has a database of the networks for documentation (RFC 5737), and of no others', () => {
    const record = (iso_code: string) => ({ country: { iso_code } });
    const made = mmdbFile('Documentation-Country', [
      { network: '192.0.2.0/24', record: record('US') },
      { network: '198.51.100.0/24', record: record('US') },
      { network: '203.0.113.0/24', record: record('FR') },
    ]);
    const kept = readFileSync(new URL('geo/country.mmdb', site));
    assert.equal(Buffer.compare(kept, made), 0);
  });
});
