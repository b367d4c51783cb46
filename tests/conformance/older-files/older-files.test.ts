import assert from 'node:assert/strict';
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { openSqliteState } from '../../../src/adapters/sqlite/state.ts';
import { systemClock } from '../../../src/adapters/system/clock.ts';
import type { ProcessRecord } from '../../../src/contract/keys.ts';
import type { KeeperRecord } from '../../../src/contract/site-settings.ts';
import { readSiteSettings, settingsMark } from '../../../src/contract/site-settings.ts';
import { stateFolder } from '../../../src/contract/state-folder.ts';
import { claimStateFolder } from '../../../src/controller/keeper/claim-state-folder.ts';
import {
  forgetDeadProcesses,
  livingProcesses,
} from '../../../src/controller/keeper/process-records.ts';
import { adoptService, storedService } from '../../../src/controller/supervisor/stored-service.ts';
import { compileConfiguration } from '../../../src/data-plane/compile-configuration.ts';
import { fixedEdge } from '../../support/fixed-tables.ts';
import { createServices } from '../../../src/data-plane/gateway/services.ts';
import { openLastGood } from '../../../src/data-plane/last-good.ts';
import { readJsonFile } from '../../../src/lib/json-file.ts';
import type { JsonValue } from '../../../src/lib/json.ts';
import { createLog } from '../../../src/lib/log.ts';
import { ownProcessIdentity } from '../../../src/lib/process-identity.ts';
import { createTimerWheel } from '../../../src/lib/timer-wheel.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

/**
 * Files and state as Turnout 0.1.0 wrote them for the campaign, its first commit that ran a site.
 * They are never written anew: what stands on somebody's disk does not change either.
 */
const written = join(import.meta.dirname, 'written-by-0.1.0');
const log = createLog(2, 'test');

const readFixture = (name: string): JsonValue => readJsonFile(join(written, name));

/** As the file of a newer version might be: with fields that this one has never heard of. */
function withUnknown(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(withUnknown);
  if (value === null || typeof value !== 'object') return value;
  const known = Object.entries(value).map(([key, inner]) => [key, withUnknown(inner)] as const);
  return { ...Object.fromEntries(known), 'of-a-newer-turnout': { version: 9 } };
}

test('the state folder is taken over, and marked as this version', async () => {
  const root = join(await temporaryFolder('older'), '.turnout');
  await mkdir(root);
  await cp(join(written, 'turnout.json'), join(root, 'turnout.json'));
  const folder = await claimStateFolder(root, 'campaign');
  assert.equal((readJsonFile(folder.versionFile) as { format: number }).format, 1);
});

test('settings lack what came later, and are enough to start every process', async () => {
  const settings = readSiteSettings(join(written, 'settings.json'));
  assert.ok(settings);
  assert.deepEqual([settings.internal, settings.https], [null, null]);
  for (const kind of ['worker', 'controller', 'links'] as const) {
    assert.equal(typeof settingsMark(kind, settings), 'string');
  }
  const folder = stateFolder(await temporaryFolder('newer'));
  await mkdir(folder.run);
  await writeFile(folder.settings, JSON.stringify(withUnknown(readFixture('settings.json'))));
  assert.equal(readSiteSettings(folder.settings)?.http.port, settings.http.port);
});

test('the record of a keeper names no program to hand back to', () => {
  const record = readFixture('keeper.json') as KeeperRecord;
  assert.equal(record.turnout, '0.1.0');
  assert.equal(record.program, undefined);
});

for (const [what, as] of [
  ['as it is', (value: JsonValue) => value],
  ['with unknown fields', withUnknown],
] as const) {
  test(`a worker's last good configuration compiles ${what}`, async () => {
    const folder = await temporaryFolder('last-good');
    for (const name of ['configuration.json', 'traffic.json']) {
      const text = await readFile(join(written, name), 'utf8');
      await writeFile(join(folder, name), JSON.stringify(as(JSON.parse(text) as JsonValue)));
    }
    const { configuration, endpoints, frontends } = openLastGood(folder, systemClock, log).read();
    assert.ok(configuration);
    const services = createServices(createTimerWheel(0, 25));
    const compiled = compileConfiguration(configuration, services, fixedEdge());
    assert.match(compiled.model, /^sha256:/);
    assert.deepEqual(
      endpoints.map(({ service, instances }) => [service, instances.length]),
      [['donations', 2]],
    );
    assert.deepEqual(frontends.map(({ frontend }) => frontend).sort(), ['donate', 'home']);
  });

  test(`processes and services are found in state ${what}`, async () => {
    const state = await openSqliteState({ folder: await temporaryFolder('state') });
    const entries = readFixture('state.json') as Readonly<Record<string, JsonValue>>;
    for (const [key, value] of Object.entries(entries)) await state.put(key, as(value));
    const alive = { ...(entries['processes/worker-1/2521'] as object), ...ownProcessIdentity() };
    await state.put('processes/worker-1/1', as(alive as JsonValue));
    const living = await livingProcesses(state);
    assert.deepEqual(
      living.map(({ kind, id, state: now }: ProcessRecord) => [kind, id, now]),
      [['worker', 'worker-1', 'running']],
    );
    await forgetDeadProcesses(state);
    const stored = (await state.get('supervisor/donations'))?.value ?? null;
    await state.close();
    const context = { nowMs: 0, epochMs: 0, newId: () => 'abcdef', fraction: () => 0.5 };
    const service = adoptService('donations', stored, [], null, context);
    assert.equal(service.target?.plan.service, 'donations');
    assert.equal(service.serving?.generation, service.target?.generation);
    assert.equal(service.rollout.kind, 'done');
    assert.ok(storedService(service));
  });
}
