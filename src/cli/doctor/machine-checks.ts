import { well, warning, wrong } from './check.ts';
import type { Finding } from './check.ts';
import type { MachineFacts } from './machine-facts.ts';

/** One thing that a machine must allow. */
export interface MachineCheck {
  readonly name: string;
  readonly look: (facts: MachineFacts) => readonly Finding[];
  /** `turnout up` says it as well. */
  readonly atStart: boolean;
}

const MB = 1_000_000;
const neededNode = 26;
/** Each connection takes one at the edge and one to an instance; Node.js raises soft to hard. */
const fewFiles = 4_096;
const enoughFiles = 65_536;
const fewBytes = 200 * MB;
const enoughBytes = 2_000 * MB;
const fewInodes = 10_000;
const enoughMemory = 512 * MB;
/** PostgreSQL keeps its dynamic shared memory there. */
const enoughShared = 32 * MB;
const enoughBacklog = 1_024;

/** In the order they are shown. */
export const machineChecks: readonly MachineCheck[] = [
  { name: 'Node.js', look: checkNode, atStart: false },
  { name: 'open files', look: checkFiles, atStart: true },
  { name: 'disk', look: checkDisk, atStart: true },
  { name: 'memory', look: checkMemory, atStart: true },
  { name: 'shared memory', look: checkShared, atStart: true },
  { name: 'waiting connections', look: checkBacklog, atStart: false },
  { name: 'connections of a worker that goes', look: checkMigration, atStart: true },
];

function checkNode({ nodeVersion }: MachineFacts): readonly Finding[] {
  if (Number.parseInt(nodeVersion, 10) >= neededNode) return [well(nodeVersion)];
  const remedy = 'Run turnout through npm (`npx turnout …`), which brings the right one along.';
  return [wrong(`${nodeVersion}, and ${neededNode} is needed`, remedy)];
}

function checkFiles({ softFiles, hardFiles }: MachineFacts): readonly Finding[] {
  if (hardFiles === null) return [];
  const found = `${softFiles} now, at most ${hardFiles}`;
  if (hardFiles >= enoughFiles) return [well(found)];
  const remedy = `Raise it to ${enoughFiles} or more: \`LimitNOFILE=\` in a unit (\`turnout install\` does), \`ulimit -Hn\` in a shell, nofile in /etc/security/limits.conf.`;
  return [hardFiles < fewFiles ? wrong(found, remedy) : warning(found, remedy)];
}

function checkDisk({ disk }: MachineFacts): readonly Finding[] {
  if (disk === null) return [];
  const { freeBytes, freeInodes, inodes } = disk;
  const room = `${Math.round(freeBytes / MB)} MB free`;
  const remedy = 'Free some space on the file system of the state folder; see `du -x -d2 /`.';
  const bytes =
    freeBytes < fewBytes
      ? wrong(room, remedy)
      : freeBytes < enoughBytes
        ? warning(room, remedy)
        : well(room);
  if (inodes === 0 || freeInodes >= fewInodes) return [bytes];
  const left = `${freeInodes} of ${inodes} inodes free`;
  return [bytes, wrong(left, 'Remove small files that are not needed, or make a larger system.')];
}

function checkMemory({ availableMemoryBytes }: MachineFacts): readonly Finding[] {
  if (availableMemoryBytes === null) return [];
  const found = `${Math.round(availableMemoryBytes / MB)} MB available`;
  if (availableMemoryBytes >= enoughMemory) return [well(found)];
  return [warning(found, 'Stop what is not needed, or take a larger machine.')];
}

function checkShared({ sharedMemory }: MachineFacts): readonly Finding[] {
  if (sharedMemory === null) {
    return [warning('there is no /dev/shm', 'Mount a tmpfs there: PostgreSQL needs it.')];
  }
  const found = `${Math.round(sharedMemory.freeBytes / MB)} MB free in /dev/shm`;
  if (sharedMemory.freeBytes >= enoughShared) return [well(found)];
  return [
    wrong(found, 'Give it 64 MB or more (`mount -o remount,size=256m /dev/shm`; --shm-size).'),
  ];
}

function checkBacklog({ somaxconn }: MachineFacts): readonly Finding[] {
  if (somaxconn === null) return [];
  const found = `net.core.somaxconn is ${somaxconn}`;
  if (somaxconn >= enoughBacklog) return [well(found)];
  const remedy =
    'In a rush connections are refused: `sysctl -w net.core.somaxconn=4096` (as root).';
  return [warning(found, remedy)];
}

function checkMigration({ migratesRequests }: MachineFacts): readonly Finding[] {
  if (migratesRequests === null) return [];
  if (migratesRequests) return [well('net.ipv4.tcp_migrate_req is on')];
  return [
    warning(
      'net.ipv4.tcp_migrate_req is 0: a connection that is just being made may be reset',
      '`sysctl -w net.ipv4.tcp_migrate_req=1` (as root) lets the other workers take it; established ones are never cut.',
    ),
  ];
}

/** What `up` says of this machine before it starts: what each limit costs, and the remedy. */
export function findingsAtStart(facts: MachineFacts): readonly string[] {
  return machineChecks
    .filter(({ atStart }) => atStart)
    .flatMap(({ name, look }) =>
      look(facts)
        .filter(({ verdict }) => verdict !== 'well')
        .flatMap(({ verdict, found, remedy }) => [
          `${verdict === 'wrong' ? 'warning' : 'note'}: ${name}: ${found}`,
          `      remedy: ${remedy ?? ''}`,
        ]),
    );
}
