import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('../../bin/turnout.js', import.meta.url));
const root = mkdtempSync(join(tmpdir(), 'turnout-cli-'));
after(() => rmSync(root, { recursive: true }));

interface Ran {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function turnout(args: readonly string[], options: { cwd?: string; env?: object } = {}): Ran {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], {
    encoding: 'utf8',
    cwd: options.cwd ?? root,
    env: { ...process.env, TURNOUT_ENVIRONMENT: '', ...options.env },
  });
  return { status, stdout, stderr };
}

describe('turnout init', () => {
  test('writes a site that checks, takes another service, and overwrites nothing', () => {
    const site = join(root, 'first site');
    const init = turnout(['init', site], { cwd: root });
    assert.match(init.stdout, /\nNext: cd 'first site' && (npx )?turnout up --watch\n$/);
    assert.match(readFileSync(join(site, '.gitignore'), 'utf8'), /^\.turnout\/$/m);
    const checked = turnout(['check', site, '--strict']);
    assert.equal(checked.status, 0, checked.stderr);
    assert.match(checked.stdout, /^first-site \(development\).*1 service, 1 feature, 1 frontend/);

    writeFileSync(
      join(site, 'site.yaml'),
      readFileSync(join(site, 'site.yaml'), 'utf8') + '# mine\n',
    );
    const again = turnout(['init', site]);
    assert.equal(again.status, 1);
    assert.match(again.stderr, /init-would-overwrite.*site\.yaml/);
    assert.match(readFileSync(join(site, 'site.yaml'), 'utf8'), /# mine/);

    assert.equal(
      turnout(['init', '--service', 'second'], { cwd: join(site, 'services') }).status,
      0,
    );
    assert.match(turnout(['check'], { cwd: join(site, 'frontends') }).stdout, /2 services/);
    assert.match(turnout(['init', '--service', 'No', '--site', site]).stderr, /init-name/);
  });

  test('writes a service that answers, and ends when it is told to', async () => {
    const site = join(root, 'answers');
    turnout(['init', site]);
    const port = await freePort();
    const service = spawn(process.execPath, [join(site, 'services/hello/server.ts')], {
      env: { ...process.env, PORT: String(port) },
      stdio: 'inherit',
    });
    const ended = new Promise<number | null>((resolve) => service.once('exit', resolve));
    try {
      const response = await eventually(() => fetch(`http://127.0.0.1:${port}/api/hello`));
      assert.deepEqual(await response.json(), { hello: 'from hello' });
    } finally {
      service.kill('SIGTERM');
    }
    assert.equal(await ended, 0);
  });
});

describe('turnout check', () => {
  const site = join(root, 'checked');
  turnout(['init', site]);
  const manifest = join(site, 'services/hello/service.yaml');
  const good = readFileSync(manifest, 'utf8');

  test('exits 1 on errors and shows where they are', () => {
    writeFileSync(manifest, good.replace('tier: important', 'teir: important'));
    const { status, stderr } = turnout(['check', site]);
    assert.equal(status, 1);
    assert.match(
      stderr,
      /error unknown-key: .*Did you mean `tier`\?\n  at services\/hello\/service\.yaml:\d+:5/,
    );
    assert.ok(!stderr.includes('\u001B['), 'no colour where nobody sees it');
  });

  test('prints JSON for programs', () => {
    const { status, stdout } = turnout(['check', site, '--json']);
    const report = JSON.parse(stdout) as {
      ok: boolean;
      problems: { code: string; line: number }[];
    };
    assert.equal(status, 1);
    assert.equal(report.ok, false);
    assert.deepEqual(
      report.problems.map(({ code }) => code),
      ['unknown-key'],
    );
  });

  test('refuses what is well written but cannot be derived from', () => {
    writeFileSync(manifest, `${good}secrets: [PORT]\n`);
    const { status, stderr } = turnout(['check', site]);
    assert.equal(status, 1);
    assert.match(stderr, /error environment-name-taken/);
  });

  test('lets warnings pass unless it is strict', () => {
    writeFileSync(manifest, good.replace('    runbook: down.md\n', ''));
    assert.equal(turnout(['check', site]).status, 0);
    assert.equal(turnout(['check', site, '--strict']).status, 1);
    writeFileSync(manifest, good);
  });

  test('takes the environment from an option or from TURNOUT_ENVIRONMENT', () => {
    assert.match(turnout(['check', site, '--environment', 'moon']).stderr, /unknown-environment/);
    const env = { TURNOUT_ENVIRONMENT: 'moon' };
    assert.match(turnout(['check', site], { env }).stderr, /unknown-environment/);
  });

  test('says what to do where there is no site', () => {
    const { status, stderr } = turnout(['check'], { cwd: tmpdir() });
    assert.equal(status, 1);
    assert.match(stderr, /site-not-found[^]*remedy: .*turnout init/);
  });
});

describe('turnout explain and schema', () => {
  const site = join(root, 'explained');
  turnout(['init', site]);

  test('explain shows value, place and meaning, or says what was meant', () => {
    const { stdout } = turnout(['explain', 'hello.greet.cache', '--site', site]);
    assert.match(
      stdout,
      /^features\.greet\.cache: 5s +services\/hello\/service\.yaml:\d+\n    `origin` obeys/,
    );
    const [value] = JSON.parse(
      turnout(['explain', 'hello.scale.min', '--site', site, '--json']).stdout,
    ) as [{ value: number; place: null }];
    assert.deepEqual([value.value, value.place], [2, null]);
    const unknown = turnout(['explain', 'hello.gret', '--site', site]);
    assert.equal(unknown.status, 1);
    assert.match(unknown.stderr, /explain-unknown.*Did you mean “greet”/);
  });

  test('explain knows every code without a site', () => {
    assert.match(
      turnout(['explain', 'rung-impossible'], { cwd: tmpdir() }).stdout,
      /^error rung-impossible\n  A rung/,
    );
  });

  test('schema prints the JSON Schema and the annotated file', () => {
    const schema = JSON.parse(turnout(['schema', 'edge']).stdout) as { title: string };
    assert.match(schema.title, /edge\.yaml/);
    assert.match(
      turnout(['schema', 'service', '--annotated']).stdout,
      /^# service\.yaml · one deployable/,
    );
    assert.equal(turnout(['schema', 'nothing']).status, 2);
  });
});

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => {
    server.close(resolve);
  });
  return port;
}

/** Tries for ten seconds: a process needs a while to listen. */
async function eventually<T>(attempt: () => Promise<T>): Promise<T> {
  for (const endMs = Date.now() + 10_000; ;) {
    try {
      return await attempt();
    } catch (error) {
      if (Date.now() > endMs) throw error;
      await new Promise((resolve) => {
        setTimeout(resolve, 50);
      });
    }
  }
}
