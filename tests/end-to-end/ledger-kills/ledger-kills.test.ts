import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { openFilesystemBlobs } from '../../../src/adapters/filesystem/blobs.ts';
import { openLogWrites } from '../../../src/adapters/log/writes.ts';
import { openSqliteState } from '../../../src/adapters/sqlite/state.ts';
import { CONFIGURATION_KEY } from '../../../src/contract/keys.ts';
import type { FeaturePolicy } from '../../../src/derive/policies/policies.ts';
import { eventually } from '../../support/eventually.ts';
import { count, reportNumbers } from '../../support/prove.ts';
import { queueConfiguration } from '../../support/queue-site.ts';
import { testSeed } from '../../support/seed.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { DonationsService } from './donations-service.ts';
import { differencesOf, Givers } from './givers.ts';
import { MortalWorker } from './mortal-worker.ts';
import { isOfReplay, isOwn, type Stage, stages } from './stages.ts';

const TURNS = count(1, 20);
const LONG_MS = 60_000;
/** Slow enough that new writes meet those that are still being carried out. */
const REPLAYS_PER_SECOND = 60;
/** For a new write to come to its stage while others are replayed. */
const DURING_REPLAY_MS = 3_000;

/** As the manifest of donations has it, but for how fast it is replayed. */
const asOfDonate: Partial<FeaturePolicy> = {
  ladder: [
    {
      need: null,
      rungs: [{ kind: 'queue', forMs: 86_400_000, by: 'body.email', methods: ['POST'] }],
    },
  ],
  replay: { credential: null, perSecond: REPLAYS_PER_SECOND, page: null },
};

test('no gift is lost or doubled, wherever on its way a worker is killed', async () => {
  const { randomness } = testSeed('kills of workers that queue');
  const folder = await temporaryFolder('ledger-kills');
  const service = await DonationsService.start();
  after(() => service.close());
  const state = await openSqliteState({ folder });
  after(() => state.close());
  const blobs = await openFilesystemBlobs({ folder: join(folder, 'blobs') });
  const configuration = queueConfiguration(await service.open(), asOfDonate, {});
  const digest = await blobs.put(Buffer.from(JSON.stringify(configuration)));
  await state.put(CONFIGURATION_KEY, { digest, model: configuration.model });
  const workers = [new MortalWorker(folder, 'a'), new MortalWorker(folder, 'b')];
  after(() => Promise.all(workers.map((worker) => worker.stop())));
  await serving();
  const givers = new Givers(workers, randomness);
  after(() => givers.abandon());

  const killed: Record<string, number> = {};
  for (let turn = 0; turn < TURNS; turn += 1) {
    for (const stage of stages) {
      const name = await killAt(stage, turn % 2 === 1);
      killed[name] = (killed[name] ?? 0) + 1;
    }
  }
  await service.bring(true);
  await givers.stop();
  const writes = await openLogWrites({ path: join(folder, 'writes') });
  after(() => writes.close());
  await eventually('all is carried out', async () => (await writes.stats()).depth === 0, LONG_MS);
  const differences = await differencesOf(givers.told, service.database);
  const kept = [...givers.told.values()].filter((how) => how === 'kept').length;
  const deaths = workers.reduce((sum, worker) => sum + worker.deaths, 0);
  const setAside = new Set((await writes.deadLetters()).map(({ reason }) => reason));
  const numbers = { killed, deaths, told: givers.told.size, kept, setAside: [...setAside] };
  reportNumbers('gifts through kills of workers at each stage', numbers);
  assert.deepEqual([...setAside], []);
  assert.deepEqual(differences, { lost: [], double: [], disordered: [] });

  function serving(): Promise<unknown> {
    return eventually('both serve', () => workers.every(({ port }) => port > 0), LONG_MS);
  }

  /**
   * Lets a worker die at a stage of some gift; with `alsoOthers` where something else is under way,
   * too: others are replayed while a gift is taken, and the database dies while one is replayed.
   */
  async function killAt(stage: Stage, alsoOthers: boolean): Promise<string> {
    await serving();
    const before = workers.map(({ deaths }) => deaths);
    const hasDied = (): boolean => workers.some(({ deaths }, n) => deaths > (before[n] ?? 0));
    await service.bring(false);
    // Something must wait before it can be replayed.
    let isKept = false;
    givers.onKept = () => (isKept = true);
    await eventually('something is kept', () => isKept, LONG_MS);
    if (isOfReplay(stage) || alsoOthers) await service.bring(true);
    const losing: Promise<void>[] = [];
    service.at = (moment) => {
      if (moment !== stage || hasDied()) return;
      for (const worker of workers) worker.kill();
      if (alsoOthers && isOfReplay(stage)) losing.push(service.bring(false));
    };
    givers.onKept = (worker) => {
      if (stage === 'answered' && !hasDied()) worker.kill();
    };
    if (isOwn(stage)) for (const worker of workers) worker.arm(stage);
    let isDuringReplay = alsoOthers && !isOfReplay(stage);
    if (isDuringReplay) {
      isDuringReplay = await eventually(stage, hasDied, DURING_REPLAY_MS).catch(() => false);
      if (!isDuringReplay) await service.bring(false);
    }
    await eventually(`a worker dies: ${stage}`, hasDied, LONG_MS);
    for (const worker of workers) worker.arm('none');
    service.at = () => undefined;
    givers.onKept = () => undefined;
    await Promise.all(losing);
    return isDuringReplay ? `${stage} during replay` : stage;
  }
});
