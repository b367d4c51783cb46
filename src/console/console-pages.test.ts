import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { JobStatus } from '../contract/job-status.ts';
import { campaignFlags } from '../../tests/support/campaign-flags.ts';
import { campaignCatalog } from '../../tests/support/campaign-model.ts';
import { calmStatus, troubledStatus } from '../../tests/support/campaign-status.ts';
import { createConsolePages, type ConsoleSource } from './console-pages.ts';

const asked: string[] = [];
const receipts: JobStatus = {
  service: 'donations',
  job: 'receipts',
  schedule: 'every 1m',
  overlap: 'skip',
  deadlineMs: 60_000,
  next: '2026-10-01T12:01:00.000Z',
  running: [],
  last: {
    run: 'donations-job-receipts-1-2',
    due: '2026-10-01T12:00:00.000Z',
    startedAt: '2026-10-01T12:00:00.000Z',
    endedAt: '2026-10-01T12:00:01.000Z',
    who: 'schedule',
    release: 'sha256:1',
    outcome: 'failed',
    exit: 3,
    signal: null,
    late: false,
    skipped: 0,
    lastLines: ['<b>bad luck</b>'],
  },
  failuresInRow: 1,
};
const source: ConsoleSource = {
  catalog: campaignCatalog,
  status: () => Promise.resolve(calmStatus()),
  jobs: () => [receipts],
  flags: () => Promise.resolve(campaignFlags(true)),
  runbook: (path) => {
    asked.push(path);
    return Promise.resolve(path.endsWith('missing.md') ? null : '# Steps');
  },
};
const pages = createConsolePages(source);

async function bodyOf(path: string): Promise<string> {
  const page = await pages(path);
  assert.equal(page?.status, 200, path);
  return page?.body ?? '';
}

describe('the console answers its own paths and leaves the rest alone', () => {
  it('leaves paths that are not its own', async () => {
    for (const path of ['/api/status', '/metrics', '/assets/other.css', '/%', '/catalogue']) {
      assert.equal(await pages(path), null, path);
    }
  });

  it('answers 404 with a page for what is not in the catalog', async () => {
    for (const path of [
      '/catalog/nobody',
      '/catalog/donations/other',
      '/catalog/donations/runbooks',
      '/catalog/donations/runbooks/missing.md',
    ]) {
      assert.equal((await pages(path))?.status, 404, path);
    }
  });

  it('shows the jobs of a service with it, and nowhere else', async () => {
    const body = await bodyOf('/catalog/donations');
    assert.match(body, /every 1m[^]*12:01:00 UTC[^]*failed/);
    assert.ok(!(await bodyOf('/catalog')).includes('every 1m'));
  });

  it('shows each flag in force, where it came from, and what it goes back to', async () => {
    const body = await bodyOf('/flags');
    assert.match(body, /<h1[^>]*>2 flags are not as usual/);
    const text = body.replaceAll(/<[^>]+>/g, ' ').replaceAll(/\s+/g, ' ');
    const byHand = 'set by hand 2026-11-03 18:19 UTC cli:ada';
    assert.ok(text.includes(`closed ${byHand} 2026-11-03 20:20 UTC on the database is hot`));
    assert.ok(text.includes(`goal-cents 90000000 ${byHand} – 75000000 the database is hot`));
    assert.match(text, /call-script Hello[^]*others by a rule flags\.yaml/);
    assert.match(text, /donations\.\S+ on default – – –/);
    const calm = createConsolePages({ ...source, flags: () => Promise.resolve(campaignFlags()) });
    const usual = (await calm('/flags'))?.body ?? '';
    assert.match(usual, /Every flag is as usual/);
    assert.match(usual, /75000000[^]*flags\.yaml, of ada[^]*the first was met on Sunday/);
  });

  it('shows beside them that a file of flags is refused, and why', async () => {
    const note = {
      severity: 'alert',
      code: 'flags-refused',
      about: null,
      message:
        'What is written of the flags is refused.\nflags.yaml:7: A switch cannot be “shout”.',
      remedy: 'Mend it.',
      since: '2026-11-03T18:20:00.000Z',
    } as const;
    const status = { ...calmStatus(), notes: [note] };
    const pages = createConsolePages({ ...source, status: () => Promise.resolve(status) });
    const body = (await pages('/flags'))?.body ?? '';
    assert.match(body, /flags\.yaml:7[^]*Mend it/);
    assert.ok(body.indexOf('Mend it') < body.indexOf('<table'));
  });

  it('answers with and without a slash at the end', async () => {
    assert.equal(await bodyOf('/catalog/donations/'), await bodyOf('/catalog/donations'));
  });
});

describe('every page is sent so that nothing foreign runs in it', () => {
  it('has a strict policy, and no script, style or handler inside', async () => {
    for (const path of ['/', '/flags', '/catalog', '/catalog/donations']) {
      const page = await pages(path);
      const policy = page?.headers['content-security-policy'] ?? '';
      assert.match(policy, /^default-src 'none'/);
      assert.doesNotMatch(policy, /unsafe|https?:/);
      assert.equal(page?.headers['x-content-type-options'], 'nosniff');
      assert.equal(page?.headers['cache-control'], 'no-store');
      assert.doesNotMatch(page?.body ?? '', /<style|<script(?! src="\/assets)| style=| on\w+=/);
    }
  });

  it('loads only files that it serves itself, and those for ever', async () => {
    const html = await bodyOf('/');
    const loaded = [...html.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map(
      ([, path = '']) => path,
    );
    assert.ok(loaded.length >= 3);
    for (const path of loaded) {
      const file = await pages(path);
      assert.equal(file?.status, 200, path);
      assert.match(file?.headers['cache-control'] ?? '', /immutable/);
    }
  });

  it('shows text of manifests and of failures as text', async () => {
    const hostile = '<img src=x onerror=alert(1)>';
    const catalog = campaignCatalog();
    const status = troubledStatus();
    const pages = createConsolePages({
      ...source,
      catalog: () => ({
        ...catalog,
        what: hostile,
        services: catalog.services.map((service) => Object.assign({}, service, { what: hostile })),
      }),
      status: () =>
        Promise.resolve({
          ...status,
          notes: status.notes.map((note) => Object.assign({}, note, { message: hostile })),
        }),
      flags: () =>
        Promise.resolve(
          campaignFlags(true).map((flag) => Object.assign({}, flag, { why: hostile })),
        ),
    });
    for (const path of ['/', '/flags', '/catalog', '/catalog/donations']) {
      const body = (await pages(path))?.body ?? '';
      assert.ok(body.includes('&lt;img src=x'), path);
      assert.ok(!body.includes('<img src=x'), path);
    }
  });
});

describe('runbooks are read only where runbooks are', () => {
  it('asks for Markdown in the folder of the service', async () => {
    asked.length = 0;
    await bodyOf('/catalog/donations/runbooks/more/card%20testing.md');
    assert.deepEqual(asked, ['services/donations/runbooks/more/card testing.md']);
  });

  it('asks for nothing outside of it, however it is written', async () => {
    asked.length = 0;
    for (const file of [
      '../service.yaml',
      '..%2f..%2fsite.yaml',
      '%2e%2e/%2e%2e/secret.md',
      'a/..%2f..%2fsecret.md',
      '..%5csecret.md',
      '.hidden.md',
      'secret%00.md',
      '%2fetc%2fsecret.md',
      'server.ts',
    ]) {
      assert.equal((await pages(`/catalog/donations/runbooks/${file}`))?.status, 404, file);
    }
    assert.deepEqual(asked, []);
  });

  it('asks for none where a service has no runbooks', async () => {
    asked.length = 0;
    assert.equal((await pages('/catalog/identity/runbooks/database.md'))?.status, 404);
    assert.deepEqual(asked, []);
  });
});
