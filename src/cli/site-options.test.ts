import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { withSite } from './site-options.ts';

const program = fileURLToPath(new URL('../../bin/turnout.js', import.meta.url));
const root = mkdtempSync(join(tmpdir(), 'turnout-cli-'));
after(() => rmSync(root, { recursive: true }));

const site = join(root, 'here');
const within = join(site, 'services');
const elsewhere = join(root, 'elsewhere');
assert.match(turnout(root, 'init', 'here'), /wrote site\.yaml/);
mkdirSync(elsewhere);

/** What a command prints in a folder, errors included. */
function turnout(cwd: string, ...words: readonly string[]): string {
  const { stdout, stderr } = spawnSync(process.execPath, [program, ...words], {
    encoding: 'utf8',
    cwd,
    env: { ...process.env, TURNOUT_ENVIRONMENT: '', TURNOUT_STATE: '', PORT: 'none' },
  });
  return stdout + stderr;
}

/** Each with words after which it has found its site, and with what it says then. */
const commands: readonly { words: readonly string[]; dir: boolean; says: RegExp }[] = [
  { words: ['up'], dir: true, says: /error port-invalid/ },
  { words: ['status'], dir: true, says: /there is no state in .*\/here\/\.turnout/ },
  { words: ['logs'], dir: false, says: /there is no state in .*\/here\/\.turnout/ },
  { words: ['reload'], dir: true, says: /there is no state in .*\/here\/\.turnout/ },
  { words: ['down'], dir: true, says: /there is no state in .*\/here\/\.turnout/ },
  { words: ['check'], dir: true, says: /^here \(development\) is well described/ },
  { words: ['explain', 'site.site'], dir: false, says: /^site: here/ },
  { words: ['derive', '--only', 'catalog'], dir: true, says: /"here"/ },
  { words: ['catalog'], dir: true, says: /^# here/ },
];

for (const { words, dir, says } of commands) {
  test(`turnout ${words[0]} takes the nearest site upwards, or the one that is named`, () => {
    assert.match(turnout(within, ...words), says);
    assert.match(turnout(elsewhere, ...words, '--site', '../here'), says);
    if (dir) assert.match(turnout(elsewhere, ...words, '../here'), says);
  });
}

test('two names of one site are one, and two sites are refused', () => {
  assert.equal(withSite('a', { site: undefined }).site, 'a');
  assert.equal(withSite(undefined, { site: 'b' }).site, 'b');
  assert.equal(withSite('a', { site: './a/' }).site, 'a');
  assert.throws(() => withSite('a', { site: 'b' }), /Two sites are named: a and --site b/);
});

test('every command shows examples, and all say in the same words which site they take', () => {
  const sites = new Set<string>();
  const names = ['init', 'schema', ...commands.map(({ words }) => words[0] ?? '')];
  for (const name of names) {
    const help = turnout(root, 'help', name);
    assert.match(help, new RegExp(`\nExamples:\n(  .*\n)*  .*turnout ${name}`), name);
    const [, words] = /--site <dir> +([^]*?)\n {2}-/.exec(help) ?? [];
    if (words !== undefined) sites.add(words.replaceAll(/\s+/g, ' '));
  }
  assert.deepEqual(
    [...sites],
    ['folder of the site (default: the nearest one upwards with a site.yaml)'],
  );
});

test('a command that is used wrongly names its own help', () => {
  assert.match(turnout(root, 'explain'), /missing required argument[^]*remedy: .*explain --help/);
  assert.match(turnout(root, 'status', '--dir', '.'), /unknown option[^]*remedy: .*status --help/);
  assert.match(turnout(root, 'secret', 'set'), /missing required[^]*remedy: .*secret set --help/);
  assert.match(turnout(root, 'stop'), /unknown command[^]*remedy: `turnout help` shows every/);
});
