import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createProcessDriver } from '../../src/adapters/process/driver.ts';
import { openSqliteJournal } from '../../src/adapters/sqlite/journal.ts';
import { openSqliteState } from '../../src/adapters/sqlite/state.ts';
import { systemClock } from '../../src/adapters/system/clock.ts';
import { systemRandomness } from '../../src/adapters/system/randomness.ts';
import { createSupervisor } from '../../src/controller/supervisor/supervisor.ts';
import { createLog } from '../../src/lib/log.ts';
import type { Supervisor } from '../../src/controller/supervisor/supervisor.ts';
import type { ReleaseToRun } from '../../src/controller/supervisor/version.ts';
import type { ServicePlan } from '../../src/derive/release-plan/release-plan.ts';
import type { Driver } from '../../src/ports/driver/port.ts';
import type { Journal } from '../../src/ports/journal/port.ts';
import type { Secrets } from '../../src/ports/secrets/port.ts';
import type { State } from '../../src/ports/state/port.ts';

/** A service that behaves as its environment says; answers GET /slow after half a second. */
const serverSource = `import { createServer } from 'node:http';
const mood = process.env.MOOD ?? 'well';
let sick = false;
console.log('mood', mood);
if (mood === 'crash') { console.error('bad luck: no table donations'); process.exit(3); }
const server = createServer((request, response) => {
  if (request.url === '/sick') { sick = true; return response.end(); }
  if (request.url === '/health') {
    response.statusCode = sick || mood === 'mute' ? 503 : 200;
    return response.end();
  }
  if (request.url === '/slow') return setTimeout(() => response.end('done'), 500);
  response.end(process.env.KEY ? 'has its key' : 'no key');
});
server.listen(Number(process.env.PORT), process.env.HOST);
process.on('SIGTERM', () => {
  if (mood !== 'stubborn') server.close(() => process.exit(0));
});
`;

export interface SupervisedSite {
  readonly supervisor: Supervisor;
  readonly driver: Driver;
  readonly state: State;
  readonly journal: Journal;
  /** Closes the supervisor and what it stands on, and leaves instances running. */
  close(): Promise<void>;
}

/** Opens a supervisor on real processes and SQLite below `root`, as the controller does. */
export async function openSupervisedSite(
  root: string,
  secrets: Readonly<Record<string, string>> = {},
): Promise<SupervisedSite> {
  const state = await openSqliteState({ folder: root });
  const journal = await openSqliteJournal({ folder: root });
  const driver = createProcessDriver({ folder: join(root, 'instances'), clock: systemClock });
  const supervisor = await createSupervisor({
    site: 'campaign',
    driver,
    state,
    journal,
    secrets: fixedSecrets(secrets),
    clock: systemClock,
    randomness: systemRandomness,
    resolveNeed: async (need) => ({
      url: `http://${need.need}.example`,
      replicaUrls: null,
      via: null,
    }),
    flagsFile: join(root, 'flags.json'),
    logsFolder: join(root, 'logs'),
    log: createLog(2, 'test'),
  });
  return {
    supervisor,
    driver,
    state,
    journal,
    async close() {
      await supervisor.close();
      await state.close();
      await journal.close();
    },
  };
}

/** A folder for a site, with a release in it. */
export async function prepareSite(): Promise<{
  readonly root: string;
  readonly release: ReleaseToRun;
}> {
  const root = await mkdtemp(join(tmpdir(), 'turnout-supervisor-'));
  const directory = join(root, 'release');
  await mkdir(directory);
  await writeFile(join(directory, 'server.js'), serverSource);
  await writeFile(join(directory, 'package.json'), '{"type":"module"}');
  return { root, release: { digest: `sha256:${'1'.repeat(64)}`, directory } };
}

/** Stops whatever still runs below `root`, whoever started it, and removes it. */
export async function removeSite(root: string): Promise<void> {
  const driver = createProcessDriver({ folder: join(root, 'instances'), clock: systemClock });
  const left = (await driver.list()).filter(({ alive }) => alive);
  await Promise.all(left.map(({ id }) => driver.stop(id, 0)));
  await rm(root, { recursive: true, maxRetries: 10 });
}

/** A plan for the service above. */
export function supervisedPlan(more: Partial<ServicePlan> = {}): ServicePlan {
  return {
    service: 'donations',
    directory: 'services/donations',
    build: { kind: 'entry', entries: ['server.ts'], include: [] },
    command: ['node', 'server.js'],
    before: null,
    health: { path: '/health', everyMs: 100, timeoutMs: 2_000, failures: 3, startMs: 20_000 },
    instances: { min: 2, max: 4 },
    canary: [],
    bakeMs: 0,
    minRequests: 0,
    drainMs: 5_000,
    secrets: [],
    environment: {},
    needs: [],
    policy: { version: 1, health: '/health', needs: [] },
    jobs: [],
    ...more,
  };
}

function fixedSecrets(values: Readonly<Record<string, string>>): Secrets {
  return {
    get: async (name) => values[name] ?? null,
    list: async () => Object.keys(values),
    obtain: async (name, make) => values[name] ?? make(),
    set: () => Promise.reject(new Error('fixed')),
    delete: () => Promise.reject(new Error('fixed')),
  };
}
