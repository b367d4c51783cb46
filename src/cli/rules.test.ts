import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { runCommand } from '../../tests/support/run-command.ts';
import { temporaryFolder } from '../../tests/support/temporary-folder.ts';

const program = new URL('../../bin/turnout.js', import.meta.url).pathname;
const site = await temporaryFolder('rules');
await mkdir(join(site, 'services/page'), { recursive: true });
await writeFile(join(site, 'site.yaml'), 'turnout: 1\nsite: demo\nservices: [services/*]\n');
await writeFile(
  join(site, 'services/page/service.yaml'),
  'turnout: 1\nservice: page\nwhat: Shows a page.\nat: http://127.0.0.1:1\n' +
    'features: { page: { tier: sheddable, routes: GET / } }\n',
);
const edge = `turnout: 1
tables: { wall: { kind: cidr, entries: [203.0.113.0/24] } }
rules:
  - name: wall
    when: client.address in tables.wall && !(request.path == "/open")
    respond: 819
    examples:
      - { request: GET /, address: 203.0.113.7, answer: 819 }
      - { request: GET /open, address: 203.0.113.7, hits: false }
`;

function rules(...words: readonly string[]) {
  const env = { ...process.env, TURNOUT_ENVIRONMENT: '' };
  const all = [program, 'rules', ...words, '--site', site];
  return runCommand(process.execPath, all, { env, limitMs: 60_000 });
}

describe('turnout rules test', () => {
  it('is content where every example turns out as it says', async () => {
    await writeFile(join(site, 'edge.yaml'), edge);
    const { code, stdout } = await rules('test');
    assert.deepEqual([code, stdout], [0, 'All of 2 examples turn out as they say.\n']);
  });

  it('says where one does not, and what it got instead', async () => {
    await writeFile(
      join(site, 'edge.yaml'),
      `${edge}      - { request: GET /, address: 192.0.2.7 }
examples:
  - { request: GET /, address: 203.0.113.7, rules: [], passes: true, tags: friend }
`,
    );
    const { code, stdout } = await rules('test');
    assert.equal(code, 1);
    assert.equal(
      stdout,
      `edge.yaml:10  GET / (an example of wall)
  wall does not hit; the rules that hit are none.
edge.yaml:12  GET /
  the rules that hit are wall, not none.
  wall answers 819, where it is said to pass.
  its tags are none, not friend.
2 of 4 examples turn out otherwise.
`,
    );
    const json = await rules('test', '--json');
    const { ok, results } = JSON.parse(json.stdout) as { ok: boolean; results: { ok: boolean }[] };
    assert.deepEqual(
      [json.code, ok, results.map((one) => one.ok)],
      [1, false, [true, true, false, false]],
    );
  });
});

const banning = `turnout: 1
tables: { bans: { kind: cidr, entries: [198.51.100.0/24] } }
bans: { respond: 820, edge-nodes: 203.0.113.9 }
rules:
  - { name: open, when: 'request.path == "/open"', respond: 204 }
examples:
  - { request: GET /open, address: 198.51.100.7, rules: [], answer: 820 }
  - { request: GET /open, address: 203.0.113.7, tables: { bans: 203.0.113.0/24 }, answer: 820 }
  - { request: GET /open, address: 203.0.113.9, tables: { bans: 203.0.113.0/24 }, answer: 204 }
  - { request: GET /open, address: 198.51.100.7, tables: { bans: [] }, answer: 204 }
`;

describe('turnout rules, of who is banned', () => {
  it('tries examples as the edge does: a ban answers before any rule', async () => {
    await writeFile(join(site, 'edge.yaml'), banning);
    const { code, stdout } = await rules('test');
    assert.deepEqual([code, stdout], [0, 'All of 4 examples turn out as they say.\n']);
    await writeFile(
      join(site, 'edge.yaml'),
      banning.replace(
        'respond: 204 }',
        'respond: 204, examples: [{ request: GET /open, address: 198.51.100.7, answer: 204 }] }',
      ),
    );
    const wrong = await rules('test');
    assert.equal(wrong.code, 1);
    assert.equal(
      wrong.stdout,
      `edge.yaml:5  GET /open (an example of open)
  open is not reached, since the ban of 198.51.100.0/24 answers 820 before any rule.
  the ban of 198.51.100.0/24 answers 820, where the answer is said to be 204.
1 of 5 examples turn out otherwise.
`,
    );
  });

  it('explains that a ban answers, and which', async () => {
    await writeFile(join(site, 'edge.yaml'), banning);
    const asked = ['explain', 'GET', '/open', '--address', '203.0.113.7'] as const;
    assert.match((await rules(...asked)).stdout, /^open hits[^]*=> open answers 204\n$/);
    const entry = ['--entry', 'bans 203.0.113.0/24', '--entry', 'bans 203.0.113.7'] as const;
    const { stdout } = await rules(...asked, ...entry);
    assert.match(stdout, /^open is not reached\n[^]*=> the ban of 203\.0\.113\.7 answers 820\n$/);
    const json = JSON.parse((await rules(...asked, ...entry, '--json')).stdout) as unknown;
    assert.deepEqual((json as { answer: unknown }).answer, {
      by: 'bans',
      rule: null,
      network: '203.0.113.7',
      statuses: [820],
    });
    const { code, stderr } = await rules(...asked, '--entry', 'bans 203.0.113.7/24');
    assert.equal(code, 1);
    assert.match(stderr, /table-entry-invalid[^]*Write 203\.0\.113\.0\/24/);
    assert.match((await rules(...asked, '--entry', 'wal x')).stderr, /no table “wal”/);
    assert.match((await rules(...asked, '--live')).stderr, /site-never-up/);
  });
});

describe('turnout rules explain', () => {
  it('shows each part of a condition with its value, and what it was read from', async () => {
    await writeFile(join(site, 'edge.yaml'), edge);
    const { code, stdout } = await rules('explain', 'GET', '/open', '--address', '203.0.113.7');
    assert.equal(code, 0);
    assert.equal(
      stdout,
      `wall does not hit
  false  client.address in tables.wall && !(request.path == "/open")
    true  client.address in tables.wall
      "203.0.113.7"  client.address
    false  !(request.path == "/open")
      true  request.path == "/open"
        "/open"  request.path
=> it goes on to the site
`,
    );
    const hit = await rules('explain', 'GET', 'http://site.example/', '--address', '203.0.113.7');
    assert.match(hit.stdout, /^wall hits: respond 819\n[^]*=> wall answers 819\n$/);
  });

  it('refuses what is no request', async () => {
    const { code, stderr } = await rules('explain', 'get', '/');
    assert.equal(code, 1);
    assert.match(stderr, /request-refused[^]*get is no method/);
  });
});
