import { globSync, readFileSync, readdirSync, readlinkSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { readStateValues } from '../../adapters/sqlite/copy-database.ts';
import { PROCESSES_PREFIX } from '../../contract/keys.ts';
import type { ProcessRecord } from '../../contract/keys.ts';
import type { StateFolder } from '../../contract/state-folder.ts';
import { findRunningServer } from '../../controller/resources/postgres/running-server.ts';
import { findPortOwner } from '../../lib/port-owner.ts';
import { isRunning } from '../../lib/process-identity.ts';
import { openDriver } from '../../profiles/embedded.ts';
import { well, warning, wrong } from './check.ts';
import type { Check, Finding, Patient } from './check.ts';

/** Of what runs, and what is said to run. */
export const processChecks: readonly Check[] = [
  { name: 'keeper', look: checkKeeper },
  { name: 'recorded processes', look: checkRecords },
  { name: 'orphans', look: checkOrphans },
  { name: 'ports', look: checkPorts },
];

function checkKeeper({ folder }: Patient): readonly Finding[] {
  if (folder === null) return [];
  const holders = lockHolders(folder.keeperLock);
  const records = processRecords(folder);
  const keepers = records.filter((record) => record.kind === 'keeper' && isRunning(record));
  const pids = new Set([...holders, ...keepers.map(({ pid }) => pid)]);
  if (pids.size > 1) {
    const found = `several keep one state folder: ${[...pids].join(', ')}`;
    return [wrong(found, 'Somebody removed its files while it was up. End all but one of them.')];
  }
  if (pids.size === 1) return [well(`process ${[...pids].join('')} keeps the site up`)];
  const left = records.filter((record) => isRunning(record));
  if (left.length === 0) return [well('the site is down')];
  const names = left.map(({ id, pid }) => `${id} (${pid})`).join(', ');
  return [
    wrong(`nobody keeps up ${names}`, '`turnout up` adopts them; `turnout down` stops them.'),
  ];
}

function checkRecords({ folder }: Patient): readonly Finding[] {
  if (folder === null) return [];
  const records = processRecords(folder);
  const dead = records.filter((record) => !isRunning(record));
  if (dead.length === 0) return [well(`${records.length}, all of them run`)];
  const names = dead.map(({ id, pid }) => `${id} (${pid})`).join(', ');
  return [warning(`recorded and dead: ${names}`, 'Nothing: the next `turnout up` forgets them.')];
}

/** Processes that work in the state folder, and of which no record and no parent knows. */
async function checkOrphans({ folder }: Patient): Promise<readonly Finding[]> {
  if (folder === null) return [];
  const known = await knownPids(folder);
  const orphans = pidsIn(realpathSync(folder.root)).filter((pid) => !isKnown(pid, known));
  return orphans.map((pid) =>
    wrong(
      `process ${pid} works in the state folder, and nothing speaks of it: ${commandOf(pid)}`,
      `See what it is, then end it: \`kill ${pid}\`.`,
    ),
  );
}

async function checkPorts({ folder, settings }: Patient): Promise<readonly Finding[]> {
  if (folder === null || settings === null) return [];
  const known = await knownPids(folder);
  const listeners = { http: settings.http, https: settings.https, console: settings.console };
  return Object.entries(listeners).flatMap(([name, listener]) => {
    if (!listener) return [];
    const { port } = listener;
    const owner = findPortOwner(port);
    if (owner === null) return [well(`${name} ${port} is free`)];
    if (isKnown(owner.pid, known)) return [well(`${name} ${port} is ours`)];
    const found = `${name} ${port} is taken by process ${owner.pid} (${owner.command})`;
    return [wrong(found, 'Stop that, or listen elsewhere: `listen:` in site.yaml, or PORT.')];
  });
}

function processRecords({ stateDatabase }: StateFolder): readonly ProcessRecord[] {
  if (statSync(stateDatabase, { throwIfNoEntry: false }) === undefined) return [];
  return readStateValues(stateDatabase, PROCESSES_PREFIX) as ProcessRecord[];
}

async function knownPids(folder: StateFolder): Promise<ReadonlySet<number>> {
  const records = processRecords(folder).filter((record) => isRunning(record));
  const instances = (await openDriver(folder).list()).filter(({ alive }) => alive);
  const data = globSync('{*,*/*}/data', { cwd: folder.resources });
  const servers = await Promise.all(
    data.map((path) => findRunningServer(realpathSync(join(folder.resources, path)))),
  );
  return new Set([
    process.pid,
    ...records.map(({ pid }) => pid),
    ...instances.flatMap(({ pid }) => (pid === null ? [] : [pid])),
    ...servers.flatMap((server) => (server === null ? [] : [server.process.pid])),
  ]);
}

/** It or one it comes from is known. */
function isKnown(pid: number, known: ReadonlySet<number>): boolean {
  for (let at = pid; at > 1; at = parentOf(at)) if (known.has(at)) return true;
  return false;
}

function parentOf(pid: number): number {
  const stat = readOrEmpty(`/proc/${pid}/stat`);
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1] ?? 0);
}

/** By where they work; kernels name the folder of a process whatever it calls itself. */
function pidsIn(root: string): readonly number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => {
      try {
        return (
          Number.isInteger(pid) && `${readlinkSync(`/proc/${pid}/cwd`)}/`.startsWith(`${root}/`)
        );
      } catch {
        return false;
      }
    });
}

/** Who holds a lock on a file, by /proc/locks: taking it to find out could be in a start's way. */
function lockHolders(file: string): readonly number[] {
  const inode = statSync(file, { throwIfNoEntry: false })?.ino;
  const lines = readOrEmpty('/proc/locks').split('\n');
  const holders = lines
    .map((line) => /^\d+: POSIX .* WRITE (\d+) [\da-f]+:[\da-f]+:(\d+) /.exec(line))
    .filter((match) => match !== null && Number(match[2]) === inode);
  return [...new Set(holders.map((match) => Number(match?.[1])))];
}

function commandOf(pid: number): string {
  return readOrEmpty(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').trim().slice(0, 120);
}

function readOrEmpty(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
