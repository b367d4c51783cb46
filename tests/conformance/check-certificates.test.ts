import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { join } from 'node:path';
import { readSmallFile } from '../../src/lib/read-small-file.ts';
import { checkCertificates } from '../../src/manifest/certificates/check-certificates.ts';
import { loadModel } from '../../src/manifest/load-model.ts';
import { memoryReader } from '../../src/manifest/memory-reader.ts';
import { createAuthority, type TestAuthority } from '../support/certificates.ts';

let authority: TestAuthority;
before(async () => {
  authority = await createAuthority();
  await authority.issue('good', ['site.example', '*.site.example']);
  await authority.issue('other', ['other.example']);
  await authority.issue('expired', ['site.example'], -1);
  await authority.issue('soon', ['site.example'], 14);
});

/** What is wrong, as `severity code path: message`. */
async function problemsOf(certificates: string, hosts = 'site.example'): Promise<string[]> {
  const text = `turnout: 1
site: secured
listen: { https: 8443 }
hosts: [${hosts}]
certificates: [${certificates}]
`;
  const loaded = await loadModel(memoryReader({ 'site.yaml': text }));
  if (loaded.kind === 'refused') return loaded.problems.map(({ code }) => code);
  const read = (path: string) => readSmallFile(join(authority.folder, path), 100_000);
  const problems = await checkCertificates(loaded, { read, nowMs: Date.now() });
  return problems.map((found) => `${found.severity} ${found.code} ${found.path}: ${found.message}`);
}

test('a good pair for all hosts is right', async () => {
  assert.deepEqual(
    await problemsOf('{ certificate: good.crt, key: good.key }', 'site.example, "*.site.example"'),
    [],
  );
});

test('a listener with TLS and no certificate is refused', async () => {
  assert.deepEqual(await problemsOf(''), ['https-without-certificates']);
});

test('files that are missing, broken or not of each other are errors by name', async () => {
  for (const [pair, expected] of [
    ['{ certificate: no.crt, key: good.key }', /^error .*\.certificate: no\.crt .* not there/],
    [
      '{ certificate: good.key, key: good.key }',
      /^error .*\.certificate: .* no certificate in PEM/,
    ],
    ['{ certificate: good.crt, key: good.crt }', /^error .*\.key: .* no private key in PEM/],
    [
      '{ certificate: good.crt, key: other.key }',
      /^error .*\.key: .* not the key of the certificate/,
    ],
  ] as const) {
    const [first = ''] = await problemsOf(pair);
    assert.match(first, expected);
  }
});

test('a host that no certificate names is a warning, at its place', async () => {
  assert.deepEqual(
    await problemsOf('{ certificate: good.crt, key: good.key }', 'site.example, a.b.site.example'),
    [
      'warning certificate-uncovered hosts[1]: No certificate is for a.b.site.example: ' +
        'clients that ask for it by HTTPS are warned off.',
    ],
  );
  const [first = ''] = await problemsOf(
    '{ certificate: good.crt, key: good.key, hosts: [other.example, site.example] }',
  );
  assert.match(
    first,
    /^warning certificate-uncovered certificates\[0\]\.hosts\[0\]: .*does not name/,
  );
});

test('one that has expired or soon will is a warning', async () => {
  const [expired = ''] = await problemsOf('{ certificate: expired.crt, key: expired.key }');
  assert.match(expired, /^warning certificate-expired .* expired on \d{4}-/);
  const [soon = ''] = await problemsOf('{ certificate: soon.crt, key: soon.key }');
  assert.match(soon, /^warning certificate-expired .* expires on \d{4}-/);
});
