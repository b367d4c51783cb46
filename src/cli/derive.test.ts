import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';

const turnout = fileURLToPath(new URL('../../bin/turnout.js', import.meta.url));
const campaign = fileURLToPath(new URL('../../examples/campaign', import.meta.url));
let folder: string;
let site: string;

before(() => {
  folder = mkdtempSync(join(tmpdir(), 'turnout-derive-'));
  site = join(folder, 'campaign');
  cpSync(campaign, site, { recursive: true, filter: (path) => !path.includes('.turnout') });
});

after(() => rmSync(folder, { recursive: true, force: true }));

function run(...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [turnout, ...args], {
    encoding: 'utf8',
    cwd: folder,
  });
  return { status, stdout, stderr };
}

describe('turnout derive', () => {
  it('prints one output as JSON', () => {
    const { status, stdout } = run('derive', site, '--only', 'routes');
    assert.equal(status, 0);
    assert.equal(stdout, readFileSync(join(site, 'expected/routes.json'), 'utf8'));
  });

  it('agrees that expected/ is up to date', () => {
    assert.equal(run('derive', site, '--check').status, 0);
  });

  it('says how expected/ differs and exits 1, and --write mends it', () => {
    const manifest = join(site, 'services/donations/service.yaml');
    const text = readFileSync(manifest, 'utf8');
    writeFileSync(manifest, text.replace('deadline: 3s', 'deadline: 4s'));
    const { status, stdout } = run('derive', site, '--check');
    assert.equal(status, 1);
    assert.match(stdout, /^routes\.json\n@ line \d+\n/m);
    assert.match(stdout, /^- .*"deadlineMs": 3000,\n\+ .*"deadlineMs": 4000,$/m);
    assert.match(stdout, /turnout derive --write/);
    assert.equal(run('derive', site, '--write').status, 0);
    assert.equal(run('derive', site, '--check').status, 0);
  });

  it('prints what the derivations refuse, with its remedy, and exits 1', () => {
    const refused = join(folder, 'refused');
    cpSync(site, refused, { recursive: true });
    const manifest = join(refused, 'services/donations/service.yaml');
    writeFileSync(manifest, `${readFileSync(manifest, 'utf8')}\nsecrets: [PORT]\n`);
    const { status, stderr } = run('derive', refused);
    assert.equal(status, 1);
    assert.match(stderr, /error environment-name-taken: the secret PORT and Turnout itself/);
    assert.match(stderr, /remedy: rename the secret PORT/);
  });
});

const campaignServices = readdirSync(join(campaign, 'services')).sort();

describe('turnout catalog', () => {
  it('prints Markdown, or data with --json', () => {
    assert.match(run('catalog', site).stdout, /^# campaign\n/);
    const { services } = JSON.parse(run('catalog', site, '--json').stdout) as {
      services: { service: string }[];
    };
    assert.deepEqual(
      services.map(({ service }) => service),
      campaignServices,
    );
  });

  it('writes one file, or a folder with a file a service', () => {
    assert.equal(run('catalog', site, '--out', 'out/catalog.md').status, 0);
    assert.match(readFileSync(join(folder, 'out/catalog.md'), 'utf8'), /^# campaign\n/);
    assert.equal(run('catalog', site, '--out', 'wiki').status, 0);
    const pages = [...campaignServices, 'index'].map((page) => `${page}.md`);
    assert.deepEqual(readdirSync(join(folder, 'wiki')).sort(), pages.sort());
  });

  it('says so where it may not write', () => {
    const { status, stderr } = run('catalog', site, '--out', `${turnout}/below-a-file.md`);
    assert.equal(status, 1);
    assert.match(stderr, /error output-not-written: .*\n\s+remedy: /);
  });
});
