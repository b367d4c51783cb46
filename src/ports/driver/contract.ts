import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Driver, InstanceSpec } from './port.ts';

/**
 * What an adapter's test lends to the suite. Commands are plain `sh` and `node`, which every engine
 * can run.
 */
export interface DriverUnderTest {
  readonly driver: Driver;
  /** A second driver on the same instances, as after a restart of the controller. */
  another(): Driver;
  /** A directory for instances to run in. */
  readonly directory: string;
  readonly logs: string;
  close(): Promise<void>;
}

const ignoresTerm = 'trap "" TERM; echo ready; while :; do sleep 0.05; done';
const untilTerm = 'trap "exit 0" TERM; echo ready; while :; do sleep 0.02; done';

/** Every driver passes these; `open` is called once and closed at the end. */
export function describeDriver(name: string, open: () => Promise<DriverUnderTest>): void {
  describe(`driver contract: ${name}`, () => {
    const bench = new Bench();
    before(async () => {
      bench.lent = await open();
    });
    after(() => bench.lent.close());
    testStarting(bench);
    testEnding(bench);
    testKeptExit(bench);
    testFindingAgain(bench);
  });
}

/** The adapter under test, and specs for it with ids that are never used twice. */
class Bench {
  lent!: DriverUnderTest;
  #count = 0;

  spec(script: string, more: Partial<InstanceSpec> = {}): InstanceSpec {
    this.#count += 1;
    const id = `contract-${this.#count}`;
    return {
      id,
      service: 'contract',
      release: `sha256:${'0'.repeat(64)}`,
      directory: this.lent.directory,
      command: ['sh', '-c', script],
      environment: {},
      port: 20_000 + this.#count,
      logFile: join(this.lent.logs, `${id}.log`),
      ...more,
    };
  }

  /** Starts it and waits for its first line. */
  async started(script: string, more: Partial<InstanceSpec> = {}): Promise<string> {
    const { id } = await this.lent.driver.start(this.spec(script, more));
    while ((await this.lent.driver.lastLines(id, 1)).length === 0) await pause(5);
    return id;
  }
}

function testKeptExit(bench: Bench): void {
  test('one that keeps its exit tells its code, and is asked to stop like any other', async () => {
    const { driver } = bench.lent;
    const keepsExit = true;
    const well = await driver.start(bench.spec('exit 7', { keepsExit }));
    assert.deepEqual(await driver.waitForExit(well.id), { code: 7, signal: null });
    const asked = await bench.started(
      'trap "sleep 0.1; exit 5" TERM; echo ready; while :; do sleep 0.02; done',
      { keepsExit },
    );
    assert.deepEqual(await driver.stop(asked, 10_000), { code: 5, signal: null });
    const deaf = await bench.started(ignoresTerm, { keepsExit });
    assert.equal((await driver.stop(deaf, 50)).signal, 'SIGKILL');
  });
}

function testStarting(bench: Bench): void {
  test('it runs in its release with what it was given, and its output is kept', async () => {
    const id = await bench.started('echo "$PWD $PORT $GREETING"; sleep 60', {
      environment: { PORT: '20777', GREETING: 'hello there' },
    });
    assert.deepEqual(await bench.lent.driver.lastLines(id, 5), [
      `${bench.lent.directory} 20777 hello there`,
    ]);
    const found = (await bench.lent.driver.list()).find((instance) => instance.id === id);
    assert.ok(found?.alive);
    assert.equal(found.service, 'contract');
    assert.equal(found.release, `sha256:${'0'.repeat(64)}`);
    await bench.lent.driver.stop(id, 1_000);
  });

  test('it inherits nothing of the environment of whoever starts it', async () => {
    process.env['TURNOUT_CONTRACT_PLANTED'] = 'must not be seen';
    const id = await bench.started('echo "[$TURNOUT_CONTRACT_PLANTED]"');
    delete process.env['TURNOUT_CONTRACT_PLANTED'];
    assert.deepEqual(await bench.lent.driver.lastLines(id, 1), ['[]']);
  });

  test('`node` is the Node.js that Turnout itself runs on', async () => {
    const id = await bench.started('', { command: ['node', '-p', 'process.version'] });
    assert.deepEqual(await bench.lent.driver.lastLines(id, 1), [process.version]);
  });
}

function testEnding(bench: Bench): void {
  test('its exit code is told', async () => {
    const { id } = await bench.lent.driver.start(bench.spec('exit 7'));
    assert.deepEqual(await bench.lent.driver.waitForExit(id), { code: 7, signal: null });
    assert.equal(
      (await bench.lent.driver.list()).find((instance) => instance.id === id)?.alive,
      false,
    );
  });

  test('the signal that killed it is told', async () => {
    const { id } = await bench.lent.driver.start(bench.spec('kill -KILL $$'));
    assert.deepEqual(await bench.lent.driver.waitForExit(id), { code: null, signal: 'SIGKILL' });
  });

  test('the end of one that ends at once is never missed', async () => {
    const specs = Array.from({ length: 40 }, () => bench.spec('exit 5'));
    const exits = specs.map(async (spec) => {
      await bench.lent.driver.start(spec);
      return bench.lent.driver.waitForExit(spec.id);
    });
    for (const exit of await Promise.all(exits)) assert.equal(exit.code, 5);
  });

  test('a command that does not exist fails with its name in the output', async () => {
    const { id } = await bench.lent.driver.start(bench.spec('', { command: ['no-such-command'] }));
    assert.notEqual((await bench.lent.driver.waitForExit(id)).code, 0);
    assert.match((await bench.lent.driver.lastLines(id, 5)).join('\n'), /no-such-command/);
  });

  test('a directory that does not exist is refused and leaves nothing', async () => {
    const refused = bench.spec('true', { directory: join(bench.lent.directory, 'absent') });
    await assert.rejects(bench.lent.driver.start(refused), { code: 'driver-start-failed' });
    assert.ok(!(await bench.lent.driver.list()).some((instance) => instance.id === refused.id));
  });

  test('an id is used once', async () => {
    const once = bench.spec('sleep 60');
    await bench.lent.driver.start(once);
    await assert.rejects(bench.lent.driver.start(once), { code: 'driver-start-failed' });
    await bench.lent.driver.stop(once.id, 0);
  });

  test('stop lets it end by itself', async () => {
    const id = await bench.started(untilTerm);
    assert.deepEqual(await bench.lent.driver.stop(id, 10_000), { code: 0, signal: null });
  });

  test('stop kills one that ignores it, with all it started', async () => {
    const id = await bench.started(`sleep 300 & echo "$!"; ${ignoresTerm}`);
    const child = Number((await bench.lent.driver.lastLines(id, 2))[0]);
    assert.deepEqual(await bench.lent.driver.stop(id, 100), { code: null, signal: 'SIGKILL' });
    while (await runs(child)) await pause(5);
  });

  test('what a dead instance had started dies too', async () => {
    const id = await bench.started('sleep 300 & echo "$!"; exit 3');
    await bench.lent.driver.waitForExit(id);
    const child = Number((await bench.lent.driver.lastLines(id, 1))[0]);
    while (await runs(child)) await pause(5);
  });
}

function testFindingAgain(bench: Bench): void {
  test('waiting can be given up without harm', async () => {
    const id = await bench.started(untilTerm);
    await assert.rejects(
      bench.lent.driver.waitForExit(id, AbortSignal.abort(new Error('given up'))),
      {
        message: 'given up',
      },
    );
    assert.deepEqual(await bench.lent.driver.stop(id, 10_000), { code: 0, signal: null });
  });

  test('another driver finds a running instance, sees it end, and can stop it', async () => {
    const id = await bench.started(untilTerm);
    const successor = bench.lent.another();
    const found = (await successor.list()).find((instance) => instance.id === id);
    assert.equal(found?.alive, true);
    const seen = successor.waitForExit(id);
    await successor.stop(id, 10_000);
    // How an adopted process ended is not told, only that it did.
    await seen;
    assert.equal((await successor.list()).find((other) => other.id === id)?.alive, false);
  });

  test('a dead one is forgotten on demand and its output stays; a living one is not', async () => {
    const id = await bench.started(untilTerm);
    await assert.rejects(bench.lent.driver.forget(id), { code: 'driver-instance-running' });
    await bench.lent.driver.stop(id, 10_000);
    await bench.lent.driver.forget(id);
    assert.ok(!(await bench.lent.driver.list()).some((instance) => instance.id === id));
    assert.equal(await readFile(join(bench.lent.logs, `${id}.log`), 'utf8'), 'ready\n');
    await assert.rejects(bench.lent.driver.waitForExit(id), { code: 'driver-instance-unknown' });
  });
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}

/** A zombie waiting for its parent is dead. */
async function runs(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => '');
  return stat !== '' && !/\) Z /.test(stat);
}
