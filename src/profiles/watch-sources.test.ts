import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { createLog } from '../lib/log.ts';
import { eventually } from '../../tests/support/eventually.ts';
import { temporaryFolder } from '../../tests/support/temporary-folder.ts';
import { isBuildOutput, watchSources } from './watch-sources.ts';
import type { ServicePlan } from '../derive/release-plan/release-plan.ts';

const planOf = (directory: string, output: string): ServicePlan => {
  const build = { kind: 'command', command: 'make', output } as const;
  return { directory, build } as unknown as ServicePlan;
};

test('what a build fills is known from what it is made of', () => {
  const services = [planOf('services/clock', 'out/'), planOf('services/site', './build/web')];
  const isOutput = (path: string): boolean => isBuildOutput({ services }, path);
  const outputs = [
    'services/clock/out',
    'services/clock/out/server.py',
    'services/site/build/web/a',
  ];
  for (const path of outputs) assert.ok(isOutput(path), path);
  const sources = [
    'services/clock/server.py',
    'services/clock/outside.py',
    'services/site/build/x',
    'out/a',
  ];
  for (const path of sources) assert.ok(!isOutput(path), path);
});

test('a build that fills its own folder is told from nothing', () => {
  const services = [planOf('services/clock', './')];
  assert.ok(!isBuildOutput({ services }, 'services/clock/server.py'));
});

test('a change of an output begins nothing, a change of a source does', async () => {
  const folder = await temporaryFolder('watch');
  await mkdir(join(folder, 'out'));
  let changes = 0;
  const isOutput = (path: string): boolean => path === 'out' || path.startsWith('out/');
  const watcher = watchSources(folder, createLog(2, 'test'), isOutput, () => {
    changes += 1;
  });
  after(() => watcher.close());
  await writeFile(join(folder, 'out', 'server.js'), 'built');
  await delay(500);
  assert.equal(changes, 0);
  await writeFile(join(folder, 'server.ts'), 'written');
  await eventually('the change is told', () => changes > 0);
});
