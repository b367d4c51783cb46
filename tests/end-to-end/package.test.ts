import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, globSync, readFileSync, statSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { SiteStatus } from '../../src/contract/status.ts';
import { reportNumbers } from '../support/prove.ts';
import { runCommand, type CommandResult } from '../support/run-command.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const repository = resolve(import.meta.dirname, '../..');
/** An empty cache and a slow registry are somebody else's; a hanging one must not hold up all. */
const installLimitMs = 170_000;
const commandLimitMs = 60_000;

/** What a service of another team writes: TypeScript on `turnout/sdk`. */
const service = `import { json, serve } from 'turnout/sdk';

await serve({ routes: { 'GET /api/hello': () => json(200, { from: 'the package' }) } });
`;

const consumer = `import type { Context } from 'turnout/sdk';
import { json, serve } from 'turnout/sdk';
import * as client from 'turnout/client';

export const answer = (_request: Request, context: Context): Response =>
  json(200, { path: context.url.pathname, parts: Object.keys(client).length });
export const wrong: number = serve;
`;

let folder = '';

/** Of the machine as it is: no Node.js of the repository's on the PATH, no state of its own. */
function environment(): NodeJS.ProcessEnv {
  const path = (process.env['PATH'] ?? '')
    .split(':')
    .filter((entry) => !entry.startsWith(repository))
    .join(':');
  const { TMPDIR, HOME, LANG } = process.env;
  return { PATH: path, TMPDIR, HOME, LANG, PORT: '0', CONSOLE_PORT: '0', NO_COLOR: '1' };
}

function run(program: string, words: readonly string[], limitMs: number): Promise<CommandResult> {
  return runCommand(program, words, { cwd: folder, env: environment(), limitMs });
}

async function succeed(command: string, ...words: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await run(command, words, commandLimitMs);
  assert.equal(code, 0, `${command} ${words.join(' ')}:\n${stdout}${stderr}`);
  return stdout;
}

const turnout = (...words: readonly string[]): Promise<string> =>
  succeed('npx', 'turnout', ...words);

/** As `du` counts: Node.js has two names in its package, and lies on the disk once. */
function bytesOf(directory: string): number {
  const sizes = new Map<number, number>();
  for (const entry of globSync('**/*', { cwd: directory, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const { ino, size } = statSync(join(entry.parentPath, entry.name));
    sizes.set(ino, size);
  }
  return [...sizes.values()].reduce((sum, size) => sum + size, 0);
}

before(async () => {
  folder = await temporaryFolder('package');
  const packed = spawnSync('npm', ['pack', '--json', '--pack-destination', folder], {
    cwd: repository,
    encoding: 'utf8',
    timeout: commandLimitMs,
  });
  assert.equal(packed.status, 0, packed.stderr);
  const [tarball = ''] = globSync('turnout-*.tgz', { cwd: folder });
  await writeFile(join(folder, 'package.json'), '{"private":true,"type":"module"}\n');
  const words = ['install', '--no-audit', '--no-fund', '--prefer-offline', `./${tarball}`];
  const installed = await run('npm', words, installLimitMs);
  assert.equal(installed.code, 0, installed.stderr);
});

after(async () => {
  if (existsSync(join(folder, '.turnout'))) await run('npx', ['turnout', 'down', '--now'], 60_000);
});

describe('the package, installed in an empty folder', () => {
  test('is small, and so is what it brings along', () => {
    const modules = join(folder, 'node_modules');
    const lock = JSON.parse(readFileSync(join(modules, '.package-lock.json'), 'utf8')) as {
      packages: Record<string, unknown>;
    };
    const [tarball = ''] = globSync('turnout-*.tgz', { cwd: folder });
    const numbers = {
      tarballKB: Math.round(statSync(join(folder, tarball)).size / 1_000),
      unpackedKB: Math.round(bytesOf(join(modules, 'turnout')) / 1_000),
      packages: Object.keys(lock.packages).length,
      installedMB: Math.round(bytesOf(modules) / 1_000_000),
    };
    reportNumbers('the package', numbers);
    assert.ok(numbers.tarballKB < 1_500, `${numbers.tarballKB} kB`);
    assert.ok(numbers.packages < 120, `${numbers.packages} packages`);
    assert.ok(numbers.installedMB < 450, `${numbers.installedMB} MB`);
  });

  test('holds compiled code and no source, test or secret of ours', () => {
    const files = globSync('**/*', { cwd: join(folder, 'node_modules', 'turnout') });
    const code = files.filter((file) => file.startsWith('dist/') && file.endsWith('.ts'));
    assert.deepEqual(
      code.filter((file) => !file.endsWith('.d.ts')),
      [],
    );
    assert.deepEqual(
      files.filter((file) => /\.test\.|fixture|golden|\.turnout/.test(file)),
      [],
    );
    assert.ok(!existsSync(join(folder, 'node_modules', 'typescript')));
  });

  test('`npx turnout init` and `up` bring up a site whose page and service answer', async () => {
    await turnout('init');
    await turnout('up', '--detach');
    const status = JSON.parse(await turnout('status', '--json')) as SiteStatus;
    assert.ok(status.addresses.site !== null);
    const page = await fetch(`${status.addresses.site}/`);
    assert.equal(page.status, 200);
    assert.match(await page.text(), /<!doctype html>/i);
    const answer = await fetch(`${status.addresses.site}/api/hello`);
    assert.deepEqual(await answer.json(), { hello: 'from hello' });
    const console = await fetch(`${status.addresses.console}/`);
    assert.match(await console.text(), /\/assets\/console-/);
  });

  test('a service in TypeScript on `turnout/sdk` is built and answers', async () => {
    await writeFile(join(folder, 'services/hello/server.ts'), service);
    await turnout('reload');
    const { addresses } = JSON.parse(await turnout('status', '--json')) as SiteStatus;
    // `cache: 5s` in the template: under its own address the answer of before may be served on.
    const answer = await fetch(`${addresses.site}/api/hello?by=sdk`);
    assert.deepEqual(await answer.json(), { from: 'the package' });
  });

  test('`turnout down` stops all of it', async () => {
    await turnout('down');
    const status = JSON.parse(await turnout('status', '--json')) as SiteStatus;
    assert.deepEqual(status.processes, []);
  });

  test('the compiler of a consumer sees the types of `turnout/sdk` and `turnout/client`', async () => {
    await mkdir(join(folder, 'types'), { recursive: true });
    await writeFile(join(folder, 'types', 'consumer.ts'), consumer);
    const options = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'esnext'];
    const types = ['--types', 'node', '--typeRoots', join(repository, 'node_modules/@types')];
    const { stdout } = await run(
      process.execPath,
      [
        join(repository, 'node_modules/typescript/bin/tsc'),
        ...options,
        ...types,
        'types/consumer.ts',
      ],
      commandLimitMs,
    );
    const errors = stdout.split('\n').filter((line) => line.includes('error TS'));
    assert.equal(errors.length, 1, stdout);
    assert.match(errors[0] ?? '', /consumer\.ts\(7,14\): error TS2322/);
  });

  test('an old Node.js hands over to the one that came along', async () => {
    const program = join(folder, 'node_modules', 'turnout', 'bin', 'turnout.js');
    const old = spawnSync('node', ['--version'], { env: environment(), encoding: 'utf8' });
    const version = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8')) as {
      version: string;
    };
    const said = await succeed('node', program, '--version');
    assert.equal(said.trim(), version.version, `under Node.js ${old.stdout}`);
  });
});
