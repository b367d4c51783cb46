import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';

const folder = mkdtempSync(join(tmpdir(), 'turnout-rule-'));
after(() => rmSync(folder, { recursive: true }));
copyFileSync('.oxlintrc.json', join(folder, '.oxlintrc.json'));

/** What the linter says of a file at `path` that imports `target`. */
function lintImport(path: string, target: string): { ok: boolean; output: string } {
  const file = join(folder, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `import { thing } from '${target}';\n\nexport const it = thing;\n`);
  const { status, stdout } = spawnSync('oxlint', ['--deny-warnings', path], {
    cwd: folder,
    encoding: 'utf8',
  });
  rmSync(file);
  return { ok: status === 0, output: stdout };
}

const refused: readonly (readonly [file: string, target: string])[] = [
  ['src/lib/size.ts', '../manifest/model.ts'],
  ['src/contract/keys.ts', '../ports/state/port.ts'],
  ['src/manifest/load.ts', '../derive/all.ts'],
  ['src/derive/routes/derive.ts', '../../ports/state/port.ts'],
  ['src/derive/routes/derive.ts', 'node:fs'],
  ['src/ports/state/port.ts', '../../adapters/sqlite/state.ts'],
  ['src/adapters/sqlite/state.ts', '../../data-plane/worker.ts'],
  ['src/data-plane/gateway/route.ts', '../../controller/api/server.ts'],
  ['src/data-plane/gateway/route.ts', '../../manifest/model.ts'],
  ['src/controller/supervisor/run.ts', '../../release/build-release.ts'],
  ['src/controller/supervisor/run.ts', '../../adapters/process/driver.ts'],
  ['src/release/build-release.ts', '../profiles/embedded.ts'],
  ['src/console/pages.ts', '../controller/api/server.ts'],
  ['src/backup/stage-files.ts', '../controller/api/server.ts'],
  ['src/controller/api/server.ts', '../../backup/stage-files.ts'],
  ['src/controller/api/server.ts', '../../flags/site-flags.ts'],
  ['src/data-plane/gateway/switches/switches.ts', '../../../flags/site-flags.ts'],
  ['src/flags/site-flags.ts', '../manifest/load-flags.ts'],
  ['src/flags/site-flags.ts', '../controller/api/server.ts'],
  ['src/sdk/sdk.ts', '../controller/api/server.ts'],
  ['src/client/client.ts', '../manifest/model.ts'],
];

const allowed: readonly (readonly [file: string, target: string])[] = [
  ['src/derive/routes/derive.ts', '../../manifest/model.ts'],
  ['src/data-plane/gateway/route.ts', '../../derive/routes/route-table.ts'],
  ['src/data-plane/gateway/switches/switches.ts', '../../../derive/flags/flags-in-force.ts'],
  ['src/adapters/sqlite/state.ts', '../../ports/state/port.ts'],
  ['src/profiles/embedded.ts', '../adapters/sqlite/state.ts'],
  ['src/cli/up.ts', '../profiles/embedded.ts'],
  ['src/sdk/sdk.ts', '../contract/environment.ts'],
];

for (const [file, target] of refused) {
  test(`the linter refuses that ${file} imports ${target}`, () => {
    assert.match(lintImport(file, target).output, /no-restricted-imports/);
  });
}

for (const [file, target] of allowed) {
  test(`the linter lets ${file} import ${target}`, () => {
    assert.equal(lintImport(file, target).ok, true);
  });
}
