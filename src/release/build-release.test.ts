import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  chmod,
  mkdir,
  mkdtemp,
  readFile,
  readdir,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { TurnoutError } from '../lib/errors.ts';
import { buildRelease } from './build-release.ts';
import { removeTree } from './release-tree.ts';
import { collectReleases } from './store-release.ts';
import type { ServicePlan } from '../derive/release-plan/release-plan.ts';
import type { BuiltRelease } from './store-release.ts';

type Build = ServicePlan['build'];

describe('a release', () => {
  let root: string;
  let site: string;

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'turnout-release-'));
    site = join(root, 'site');
  });
  afterEach(() => removeTree(root));

  const write = async (files: Readonly<Record<string, string>>, at = site): Promise<void> => {
    for (const [path, content] of Object.entries(files)) {
      const file = join(at, 'services/a', path);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, content);
    }
  };
  const build = (
    how: Partial<Build> = {},
    more: { at?: string; timeoutMs?: number } = {},
  ): Promise<BuiltRelease> => {
    const { at = site, ...rest } = more;
    const plan = { kind: 'entry', entries: ['server.ts'], include: [], ...how } as Build;
    return buildRelease({
      plan: { service: 'a', directory: 'services/a', build: plan },
      siteDirectory: at,
      releasesFolder: join(root, 'releases'),
      ...rest,
    });
  };
  const refused = async (building: Promise<BuiltRelease>, code: string): Promise<string> => {
    const error = await building.then(
      () => assert.fail(`${code} was expected`),
      (reason: unknown) => reason,
    );
    assert.ok(error instanceof TurnoutError, String(error));
    assert.equal(error.code, code);
    assert.notEqual(error.remedy, '');
    const left = await readdir(join(root, 'releases', 'a')).catch(() => []);
    assert.deepEqual(left, [], 'nothing is left behind');
    return error.message;
  };

  test('bundles each entry with what it imports, and runs', async () => {
    await write({
      'server.ts': `import { greet } from './lib/greet.ts'; const who: string = 'Ada'; greet(who);`,
      'lib/greet.ts': `export const greet = (who: string) => console.log('hello ' + who);`,
      'node_modules/old/index.js': `module.exports = [typeof require('node:fs').statSync, __dirname];`,
      'jobs/receipts.ts': `import old from 'old'; console.log(old[0], old[1] === import.meta.dirname);`,
      'fallbacks/total.json': '{"total":1}',
    });
    const release = await build({
      entries: ['server.ts', 'jobs/receipts.ts'],
      include: ['fallbacks'],
    });
    assert.equal(run(release, 'server.js'), 'hello Ada\n');
    assert.equal(run(release, 'jobs/receipts.js'), 'function true\n');
    assert.equal(
      await readFile(join(release.directory, 'fallbacks/total.json'), 'utf8'),
      '{"total":1}',
    );
    assert.equal(release.files, 6);
    assert.equal(release.directory.endsWith(release.digest.slice('sha256:'.length)), true);
  });

  test('has the same digest wherever it is built, and no path of this machine', async () => {
    const files = {
      'server.ts': `import x from 'pkg'; console.log(x, new Error().stack);`,
      'node_modules/pkg/package.json': '{"name":"pkg","main":"main.js"}',
      'node_modules/pkg/main.js': 'module.exports = 7;',
    };
    const elsewhere = join(root, 'another/place/altogether');
    await write(files);
    await write(files, elsewhere);
    const first = await build();
    const second = await build({}, { at: elsewhere });
    assert.equal(second.digest, first.digest);
    for (const name of await readdir(first.directory)) {
      const text = await readFile(join(first.directory, name), 'utf8');
      assert.ok(!text.includes(root), `${name} names ${root}`);
    }
  });

  test('has another digest when a byte, a name or a mode is another', async () => {
    await write({ 'server.ts': 'console.log(1);', 'run.sh': '#!/bin/sh\n' });
    const digests = new Set([(await build({ include: ['run.sh'] })).digest]);
    await chmod(join(site, 'services/a/run.sh'), 0o755);
    digests.add((await build({ include: ['run.sh'] })).digest);
    await write({ 'server.ts': 'console.log(2);' });
    digests.add((await build({ include: ['run.sh'] })).digest);
    digests.add((await build()).digest);
    assert.equal(digests.size, 4);
  });

  test('is read-only, and made anew when somebody has changed it', async () => {
    await write({ 'server.ts': 'console.log(1);' });
    const { directory, digest } = await build();
    const file = join(directory, 'server.js');
    assert.equal((await stat(directory)).mode & 0o777, 0o555);
    assert.equal((await stat(file)).mode & 0o777, 0o444);
    await chmod(file, 0o644);
    await writeFile(file, 'console.log("changed");');
    assert.equal((await build()).digest, digest);
    assert.equal(run({ directory }, 'server.js'), '1\n');
    assert.equal((await stat(file)).mode & 0o777, 0o444);
  });

  test('is what a build command leaves in its output folder, executables included', async () => {
    await write({ 'hello.sh': '#!/bin/sh\necho hello\n' });
    const command = 'mkdir -p dist/bin && cp hello.sh dist/bin/hello && chmod 755 dist/bin/hello';
    const release = await build({ kind: 'command', command, output: 'dist' });
    const file = join(release.directory, 'bin/hello');
    assert.equal((await stat(file)).mode & 0o777, 0o555);
    assert.equal(execFileSync(file, { encoding: 'utf8' }), 'hello\n');
  });

  test('of a service without a build is its folder', async () => {
    await write({ 'server.js': 'console.log("as it is");', '.git/config': 'x' });
    const release = await build({ entries: [] });
    assert.deepEqual(await readdir(release.directory), ['server.js']);
  });

  test('is refused with the place and the line for a syntax error', async () => {
    await write({ 'server.ts': 'const a = 1;\nconst b = = 2;\n' });
    const message = await refused(build(), 'release-build-failed');
    assert.match(
      message,
      /services\/a\/server\.ts:2:11: Unexpected "="\n {4}const b = = 2;\n {14}\^/,
    );
  });

  test('is refused for an import that leads nowhere', async () => {
    await write({ 'server.ts': `import 'no-such-package';` });
    const message = await refused(build(), 'release-import-unresolved');
    assert.match(message, /services\/a\/server\.ts:1:8: Could not resolve "no-such-package"/);
    await assert.rejects(build(), { remedy: /`npm install no-such-package`/ });
  });

  test('is refused for a native addon', async () => {
    await write({ 'server.ts': `import './addon.node';`, 'addon.node': 'ELF' });
    await refused(build(), 'release-native-addon');
  });

  test('is refused for an entry, an included file or a folder that is not there', async () => {
    await refused(build(), 'release-folder-missing');
    await write({ 'other.ts': '' });
    assert.match(await refused(build(), 'release-entry-missing'), /services\/a\/server\.ts/);
    const build2 = build({ entries: ['other.ts'], include: ['pages/*.html'] });
    assert.match(await refused(build2, 'release-include-missing'), /pages\/\*\.html/);
  });

  test('is refused for a link that leads out, and for a path claimed twice', async () => {
    await write({ 'server.ts': '', 'server.js': '' });
    await symlink('/etc/hostname', join(site, 'services/a/outside'));
    await refused(build({ include: ['outside'] }), 'release-link-outside');
    await refused(build({ include: ['server.js'] }), 'release-path-conflict');
  });

  test('is refused with the last lines of a command that fails or hangs', async () => {
    await write({ Makefile: '' });
    const command = (command: string): Partial<Build> => ({
      kind: 'command',
      command,
      output: 'dist',
    });
    const failing = build(command('echo compiling; echo no such header >&2; exit 2'));
    assert.match(
      await refused(failing, 'release-command-failed'),
      /exit code 2\.\n {4}compiling\n {4}no such header/,
    );
    const hanging = build(command('echo waiting; sleep 60'), { timeoutMs: 300 });
    assert.match(await refused(hanging, 'release-command-timeout'), /after 0\.3 s\.\n {4}waiting/);
    await refused(build(command('true')), 'release-output-missing');
  });

  test('is collected when it is old, and not while it runs', async () => {
    const built: BuiltRelease[] = [];
    for (let n = 0; n < 5; n += 1) {
      await write({ 'server.ts': `console.log(${n});` });
      built.push(await build());
    }
    const digests = built.map(({ digest }) => digest);
    const gone = await collectReleases({
      releasesFolder: join(root, 'releases'),
      service: 'a',
      keep: 2,
      inUse: new Set(digests.slice(0, 1)),
    });
    assert.deepEqual([...gone].sort(), digests.slice(1, 3).sort());
    assert.equal((await readdir(join(root, 'releases/a'))).length, 3);
  });
});

function run({ directory }: { readonly directory: string }, file: string): string {
  return execFileSync(process.execPath, [file], { cwd: directory, encoding: 'utf8' });
}
