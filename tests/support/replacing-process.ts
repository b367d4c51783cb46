import { openSqliteJournal } from '../../src/adapters/sqlite/journal.ts';
import { systemClock } from '../../src/adapters/system/clock.ts';
import { createPostgresResource } from '../../src/controller/resources/postgres/postgres-resource.ts';
import { createLog } from '../../src/lib/log.ts';
import { eventually } from './eventually.ts';

/**
 * Holds a database whose promotion does not get on, in a process that can be killed, and names
 * another member: `node replacing-process.ts ROOT MEMBER`.
 */
const [root = '', member = ''] = process.argv.slice(2);

const resource = createPostgresResource({
  name: 'donations',
  folder: `${root}/donations`,
  clock: systemClock,
  journal: await openSqliteJournal({ folder: root }),
  log: createLog(2, 'replaces'),
  settings: { replicas: 2, durability: 'sync' },
});
// It is up only once there is a primary.
resource.ensure().catch(() => undefined);
await eventually('a promotion', () => resource.status().promotion, 30_000);
await resource.promote({ member, force: false, acceptLoss: false, who: 'test' });
process.stdout.write('promoted\n');
