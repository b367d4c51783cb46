import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { describeDriver } from '../../ports/driver/contract.ts';
import { systemClock } from '../system/clock.ts';
import { createProcessDriver } from './driver.ts';
import type { Driver, InstanceSpec } from '../../ports/driver/port.ts';

describeDriver('process', async () => {
  const root = await mkdtemp(join(tmpdir(), 'turnout-driver-'));
  const directory = join(root, 'release');
  await mkdir(directory);
  const open = (): Driver =>
    createProcessDriver({ folder: join(root, 'instances'), clock: systemClock });
  const driver = open();
  return {
    driver,
    another: open,
    directory,
    logs: join(root, 'logs'),
    close: () => stopAllAndRemove(driver, root),
  };
});

describe('process driver', () => {
  let root: string;
  let folder: string;
  let driver: Driver;
  const spec = (id: string, script: string): InstanceSpec => ({
    id,
    service: 'donations',
    release: 'sha256:1',
    directory: root,
    command: ['sh', '-c', script],
    environment: {},
    port: 20_001,
    logFile: join(root, 'logs', `${id}.log`),
  });

  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'turnout-driver-'));
    folder = join(root, 'instances');
    driver = createProcessDriver({ folder, clock: systemClock });
  });
  after(() => stopAllAndRemove(driver, root));

  test('a secret given in the environment is written nowhere', async () => {
    const secret = `planted-${Math.random()}`;
    await driver.start({ ...spec('secret', 'sleep 60'), environment: { KEY: secret } });
    for (const file of await filesBelow(root)) {
      assert.ok(!(await readFile(file, 'utf8')).includes(secret), `${file} holds the secret`);
    }
  });

  test('a pid that now belongs to another process is not taken for the instance', async () => {
    const { id } = await driver.start(spec('reused', 'sleep 60'));
    const record = join(folder, id, 'process');
    const stat = await readFile(record, 'latin1');
    const fields = stat.trim().split(' ');
    fields[21] = String(Number(fields[21]) - 1);
    await writeFile(record, fields.join(' '));
    const successor = createProcessDriver({ folder, clock: systemClock });
    assert.equal((await successor.list()).find((found) => found.id === id)?.alive, false);
    await writeFile(record, stat);
  });

  test('an instance of an earlier boot of the machine is dead', async () => {
    const { id } = await driver.start(spec('rebooted', 'sleep 60'));
    const file = join(folder, id, 'intent.json');
    const intent = await readFile(file, 'utf8');
    await writeFile(file, JSON.stringify({ ...JSON.parse(intent), boot: 'an-earlier-one' }));
    const successor = createProcessDriver({ folder, clock: systemClock });
    assert.equal((await successor.list()).find((found) => found.id === id)?.alive, false);
    await writeFile(file, intent);
  });

  test('a driver killed while it starts one leaves nothing unknown to its successor', async () => {
    for (let delayMs = 0; delayMs < 60; delayMs += 6) {
      const id = `orphan-${delayMs}`;
      const child = spawn(process.execPath, [join(import.meta.dirname, 'start-one.fixture.ts')], {
        env: {
          ...process.env,
          FOLDER: folder,
          SPEC: JSON.stringify(spec(id, 'echo up; sleep 60')),
        },
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      await new Promise((resolve) => child.stdout.once('data', resolve));
      await systemClock.sleep(delayMs);
      child.kill('SIGKILL');
      await new Promise((resolve) => child.once('exit', resolve));

      const successor = createProcessDriver({ folder, clock: systemClock });
      const found = (await successor.list()).find((instance) => instance.id === id);
      const up = (await successor.lastLines(id, 1)).length > 0;
      // Started at all means found alive.
      if (up) assert.equal(found?.alive, true, `after ${delayMs} ms`);
      if (found?.alive) await successor.stop(id, 0);
    }
  });
});

async function stopAllAndRemove(driver: Driver, root: string): Promise<void> {
  const alive = (await driver.list()).filter((instance) => instance.alive);
  await Promise.all(alive.map((instance) => driver.stop(instance.id, 0)));
  await rm(root, { recursive: true, maxRetries: 10 });
}

async function filesBelow(root: string): Promise<string[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}
