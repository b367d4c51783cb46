import { openSqliteJournal } from '../../src/adapters/sqlite/journal.ts';
import { systemClock } from '../../src/adapters/system/clock.ts';
import { createPostgresResource } from '../../src/controller/resources/postgres/postgres-resource.ts';
import { createLog } from '../../src/lib/log.ts';
import { eventually } from './eventually.ts';

/**
 * Holds a database as a controller does, in a process that can be killed: `node
 * replication-process.ts ROOT DEED`. It says `holds` once it does, then does the deed and says
 * `done`: `promote`, `reseed` (of whoever is not the primary) or `settle` (carry on what was begun,
 * until all is in sync again).
 */
const [root = '', deed = ''] = process.argv.slice(2);
const withinMs = 120_000;

const resource = createPostgresResource({
  name: 'donations',
  folder: `${root}/donations`,
  clock: systemClock,
  journal: await openSqliteJournal({ folder: root }),
  log: createLog(2, 'held'),
  settings: { replicas: 1, durability: 'sync' },
});
await resource.ensure();
process.stdout.write('holds\n');

const other = (): string =>
  resource.status().members.find(({ role }) => role !== 'primary')?.name ?? '';
if (deed === 'promote') {
  await resource.promote({ member: null, force: true, acceptLoss: false, who: 'test' });
} else if (deed === 'reseed') {
  await resource.reseed(other(), 'test');
} else {
  const members = await eventually(
    'members',
    () => {
      const { members: all } = resource.status();
      return all.length === 2 && all.some(({ role }) => role === 'primary') ? all : null;
    },
    withinMs,
  );
  const fenced = members.find(({ role }) => role === 'fenced');
  if (fenced !== undefined) await resource.reseed(fenced.name, 'test');
  const isWell = (): boolean => {
    const { durability, members: all } = resource.status();
    const follow = all.some(({ role, lagBytes }) => role === 'replica' && lagBytes !== null);
    return durability === 'sync' && follow && all.every(({ state }) => state === 'up');
  };
  await eventually('sync', isWell, withinMs);
}
process.stdout.write('done\n');
