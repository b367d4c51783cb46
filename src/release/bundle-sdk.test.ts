import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { buildRelease } from './build-release.ts';
import { removeTree } from './release-tree.ts';
import type { BuiltRelease } from './store-release.ts';

const repository = resolve(import.meta.dirname, '../..');

describe('a service on turnout/sdk', () => {
  let root: string;
  before(() => {
    root = mkdtempSync(join(tmpdir(), 'turnout-sdk-release-'));
  });
  after(() => removeTree(root));

  /** Its site has another Turnout installed, which must not get in. */
  const build = (server: string, at = 'site'): Promise<BuiltRelease> => {
    const files = {
      'services/a/server.ts': server,
      'node_modules/turnout/package.json': '{"name":"turnout","exports":{"./sdk":"./sdk.js"}}',
      'node_modules/turnout/sdk.js': 'throw new Error("the other one");',
    };
    for (const [path, text] of Object.entries(files)) {
      const file = join(root, at, path);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text);
    }
    return buildRelease({
      plan: {
        service: 'a',
        directory: 'services/a',
        build: { kind: 'entry', entries: ['server.ts'], include: [] },
      },
      siteDirectory: join(root, at),
      releasesFolder: join(root, 'releases'),
    });
  };
  const textOf = (release: BuiltRelease, name: string): string =>
    readFileSync(join(release.directory, name), 'utf8');

  const everything = `import * as sdk from 'turnout/sdk';
console.log(typeof sdk.serve, sdk.flag('x', true), sdk.postgres('db').mode());
await sdk.drop();`;

  test('gets the one of the Turnout that builds it, and needs nothing else to run', async () => {
    const release = await build(everything);
    const server = join(release.directory, 'server.js');
    const output = execFileSync(process.execPath, [server], { encoding: 'utf8', cwd: '/' });
    assert.equal(output, 'function true read-write\n');
  });

  test('has the same digest wherever it is built, and no path of this machine', async () => {
    const release = await build(everything);
    const elsewhere = await build(everything, 'another/place/of/it');
    assert.equal(elsewhere.digest, release.digest);
    for (const name of ['server.js', 'server.js.map']) {
      assert.ok(!textOf(release, name).includes(repository), name);
    }
    assert.ok(textOf(release, 'server.js').includes('// turnout:sdk/serve/'));
  });

  test('carries only what it imports', async () => {
    const source = `import { json, serve } from 'turnout/sdk';
await serve({ routes: { 'GET /': () => json(200, 'it') } });`;
    const bundled = textOf(await build(source), 'server.js');
    assert.doesNotMatch(bundled, /pg-protocol|json-logic/);
    console.log(`a service that only serves: ${bundled.length} characters`);
    assert.ok(bundled.length < 40_000, `${bundled.length} characters`);
  });
});
