import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { createSite } from '../support/site-harness.ts';
import type { TestSite } from '../support/site-harness.ts';
import { tinySite } from '../support/tiny-site.ts';

/** A terminal: types what it is told once it is asked, and prints what a person would see. */
const terminal = `
import os, pty, sys
typed = sys.argv[1].encode().decode('unicode_escape').encode()
pid, screen = pty.fork()
if pid == 0:
    os.execvp(sys.argv[2], sys.argv[2:])
seen = b''
while True:
    try:
        shown = os.read(screen, 4096)
    except OSError:
        break
    if not shown:
        break
    seen += shown
    if typed and b'not shown' in seen:
        os.write(screen, typed)
        typed = b''
sys.stdout.write(seen.decode())
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
`;

let site: TestSite;
before(async () => {
  site = await createSite(tinySite());
});
after(() => site.close());

function type(keys: string): { readonly code: number | null; readonly seen: string } {
  const turnout = join(import.meta.dirname, '../../bin/turnout.js');
  const command = [process.execPath, turnout, 'secret', 'set', 'CODE', '--site', site.directory];
  const env = { ...process.env, XDG_CONFIG_HOME: `${site.directory}-config` };
  const typing = ['-c', terminal, keys, ...command];
  const ran = spawnSync('python3', typing, { encoding: 'utf8', env, timeout: 60_000 });
  assert.equal(ran.stderr, '');
  return { code: ran.status, seen: ran.stdout };
}

test('a secret that is typed is set and not shown', async () => {
  const { code, seen } = type('correct horseX\\x7f\\r');
  assert.equal(code, 0, seen);
  assert.match(seen, /CODE \(not shown\): [^]*CODE is set/);
  assert.doesNotMatch(seen, /horse/);
  const { stdout } = await site.run('secret', 'list');
  assert.match(stdout, /CODE +secrets\.age/);
});

test('nothing typed, an empty line and a paste of several lines are refused', () => {
  for (const [keys, message] of [
    ['half\\x03', /secret-value-invalid: Nothing was typed/],
    ['\\r', /secret-value-invalid: The value given for CODE is empty/],
    [
      '-----BEGIN KEY-----\\nMC4CAQ\\n-----END KEY-----\\r',
      /More than one line[^]*--from-file FILE/,
    ],
  ] as const) {
    const { code, seen } = type(keys);
    assert.equal(code, 1, seen);
    assert.match(seen, message);
    assert.doesNotMatch(seen, /half|BEGIN/);
  }
});
