import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CertificateState } from '../../contract/keys.ts';
import { certificateNotes } from './certificate-notes.ts';

const dayMs = 86_400_000;
const nowMs = Date.parse('2026-11-03T12:00:00Z');
const good: CertificateState = {
  certificate: 'tls/site.crt',
  key: 'tls/site.key',
  names: ['site.example'],
  fingerprint: 'aa',
  notAfterMs: nowMs + 60 * dayMs,
  refused: null,
};

function notesOf(...states: readonly CertificateState[]) {
  return certificateNotes([{ worker: 'worker-1', certificates: states }], nowMs);
}

function kinds(...states: readonly CertificateState[]): readonly string[] {
  return notesOf(...states).map(({ severity, code }) => `${severity} ${code}`);
}

test('a certificate is spoken of three weeks, one week and no time before its end', () => {
  const ending = (days: number) => ({ ...good, notAfterMs: nowMs + days * dayMs });
  assert.deepEqual(kinds(ending(22)), []);
  assert.deepEqual(kinds(ending(21)), ['warning certificate-expiring']);
  assert.deepEqual(kinds(ending(8)), ['warning certificate-expiring']);
  assert.deepEqual(kinds(ending(7)), ['alert certificate-expiring']);
  assert.deepEqual(kinds(ending(0)), ['alert certificate-expired']);
  assert.match(notesOf(ending(7))[0]?.message ?? '', /site\.example.*expires on 2026-11-10/);
});

test('a refused file is named with its reason; it is grave where nothing is served', () => {
  const refused = { file: 'tls/site.key', why: 'it is not the key of the certificate', sinceMs: 1 };
  const [kept] = notesOf({ ...good, refused });
  assert.equal(kept?.severity, 'warning');
  assert.match(kept?.message ?? '', /^tls\/site\.key is not taken: it is not the key of .* stays/);
  const [none] = notesOf({ ...good, names: [], fingerprint: null, notAfterMs: null, refused });
  assert.equal(none?.severity, 'alert');
  assert.match(none?.message ?? '', /no answer by HTTPS/);
});

test('what workers say alike is said once, since the first of them', () => {
  const refused = { file: 'tls/site.crt', why: 'it is not there', sinceMs: 2_000 };
  const later = { ...refused, sinceMs: 5_000 };
  const notes = certificateNotes(
    [
      { worker: 'worker-1', certificates: [{ ...good, refused: later }] },
      { worker: 'worker-2', certificates: [{ ...good, refused }] },
    ],
    nowMs,
  );
  assert.equal(notes.length, 1);
  assert.equal(notes[0]?.since, new Date(2_000).toISOString());
});
