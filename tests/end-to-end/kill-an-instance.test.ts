import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Endpoint } from '../../src/contract/keys.ts';
import { eventually } from '../support/eventually.ts';
import { addReports, type LoadReport, startLoad } from '../support/load.ts';
import { count, reportNumbers } from '../support/prove.ts';
import { plainConfiguration, readyEndpoint, startSiteWorker } from '../support/site-worker.ts';

const fixture = fileURLToPath(new URL('./instance.fixture.ts', import.meta.url));

interface Instance {
  readonly child: ChildProcess;
  readonly endpoint: Endpoint;
}

async function startInstance(): Promise<Instance> {
  const child = spawn(process.execPath, [fixture], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = (await once(child.stdout as NodeJS.ReadableStream, 'data')) as [Buffer];
  return { child, endpoint: readyEndpoint(`i${child.pid}`, Number(line.toString())) };
}

describe('an instance that is killed with -9 under load', () => {
  it('fails no GET whose answer had not begun; a POST may end outcome unknown', async () => {
    const kills = count(3, 20);
    const running = [await startInstance(), await startInstance()];
    await using site = await startSiteWorker(plainConfiguration([{}]), {
      origin: running.map(({ endpoint }) => endpoint),
    });
    const load = startLoad({
      origin: `http://127.0.0.1:${site.port}`,
      connections: 32,
      pauseMs: 2,
      next: (connection, n) => ({
        method: connection % 4 === 0 ? 'POST' : 'GET',
        path: `/${connection}/${n}`,
        check: ({ status, body }) =>
          status === 200 && body.endsWith(`/${connection}/${n}`) ? null : `${status} ${body}`,
      }),
    });
    const reports: LoadReport[] = [];
    try {
      for (let kill = 0; kill < kills; kill++) {
        const before = site.worker.stats().requests;
        await eventually('load', () => site.worker.stats().requests > before + 300);
        const victim = running.shift();
        assert.ok(victim !== undefined);
        victim.child.kill('SIGKILL');
        await once(victim.child, 'exit');
        // The controller takes a moment to see it; until then the dead one is still announced.
        const atKill = site.worker.stats().requests;
        await eventually('load', () => site.worker.stats().requests > atKill + 300);
        running.push(await startInstance());
        await site.announce(
          'origin',
          running.map(({ endpoint }) => endpoint),
        );
        reports.push(load.take());
      }
    } finally {
      reports.push(await load.stop());
      for (const { child } of running) child.kill('SIGKILL');
    }
    const { sent, ok, unknown, failed, resets, truncated, reasons } = addReports(reports);
    const { retries } = site.worker.stats();
    reportNumbers('kill -9 of an instance', {
      kills,
      sent,
      ok,
      unknown,
      failed,
      resets,
      truncated,
      retries,
    });
    assert.deepEqual(
      { failed, resets, truncated, reasons },
      { failed: 0, resets: 0, truncated: 0, reasons: [] },
    );
    assert.equal(ok + unknown, sent);
    assert.ok(retries > 0, 'no kill has hit a request in flight');
  });
});
