import { existsSync, globSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { findDatabaseDamage } from '../../adapters/sqlite/copy-database.ts';
import type { BackupRecord } from '../../contract/backup-record.ts';
import { STATE_FORMAT } from '../../contract/state-folder.ts';
import { readJsonFile } from '../../lib/json-file.ts';
import { well, warning, wrong } from './check.ts';
import type { Check, Finding, Patient } from './check.ts';

const MB = 1_000_000;
const largeLog = 100 * MB;
const manyLogs = 1_000 * MB;
const hourMs = 3_600_000;
/** A day and what a slow night takes. */
const oldBackupMs = 26 * hourMs;
/** Clocks of one machine do not differ by more. */
const clockSlackMs = 60_000;

/** Of the state folder; silent while there is none. */
export const folderChecks: readonly Check[] = [
  { name: 'state folder', look: checkOwner },
  { name: 'format', look: checkFormat },
  { name: 'clock', look: checkClock },
  { name: 'state and journal', look: checkIntegrity },
  { name: 'restore', look: checkRestore },
  { name: 'logs', look: checkLogs },
  { name: 'database files', look: checkDataOwners },
  { name: 'backup', look: checkBackup },
];

function checkOwner({ root, folder }: Patient): readonly Finding[] {
  if (!existsSync(root)) return [well(`${root} is not there: the site has not been up`)];
  if (folder === null) {
    return [wrong(`${root} is no state folder`, 'Give another with --state, or move it away.')];
  }
  const { uid, mode } = statSync(root);
  const own = process.getuid?.() ?? uid;
  const findings: Finding[] = [];
  if (uid !== own && own !== 0) {
    findings.push(
      wrong(`${root} belongs to uid ${uid}, and this is ${own}`, `Run turnout as uid ${uid}.`),
    );
  }
  if (mode & 0o077) {
    const octal = (mode & 0o777).toString(8);
    findings.push(wrong(`others may enter ${root} (mode ${octal})`, `chmod 700 ${root}`));
  }
  return findings.length > 0 ? findings : [well(`${root}, private`)];
}

function checkFormat({ folder }: Patient): readonly Finding[] {
  if (folder === null) return [];
  const mark = readJsonFile(folder.versionFile) as { format?: number; turnout?: string } | null;
  const found = `${mark?.format} of Turnout ${mark?.turnout}`;
  if (mark?.format !== undefined && mark.format <= STATE_FORMAT) return [well(found)];
  return [wrong(found, `Run the Turnout that wrote it; this one knows up to ${STATE_FORMAT}.`)];
}

function checkClock({ folder, nowMs }: Patient): readonly Finding[] {
  if (folder === null) return [];
  const files = [folder.stateDatabase, folder.journalDatabase, `${folder.stateDatabase}-wal`];
  const newestMs = Math.max(
    0,
    ...files.map((file) => statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0),
  );
  const now = new Date(nowMs).toISOString();
  if (newestMs <= nowMs + clockSlackMs) return [well(now)];
  const behindS = Math.round((newestMs - nowMs) / 1_000);
  const remedy = 'Set the clock, and have it kept (chrony, systemd-timesyncd): expiry goes by it.';
  return [wrong(`${now} is ${behindS} s before the newest file of the site`, remedy)];
}

function checkIntegrity({ folder }: Patient): readonly Finding[] {
  if (folder === null) return [];
  return [folder.stateDatabase, folder.journalDatabase].map((file) => {
    if (!existsSync(file)) {
      return wrong(`${file} is missing`, 'Restore a backup (`turnout restore`), or start afresh.');
    }
    const damage = findDatabaseDamage(file);
    return damage.length === 0
      ? well(`${file} is sound`)
      : wrong(`${file}: ${damage.join('; ')}`, 'Take the site down and restore a backup.');
  });
}

function checkRestore({ root }: Patient): readonly Finding[] {
  const left = globSync(`${root}.{restoring,ready,replaced-*}`);
  return left.map((path) =>
    warning(`${path} is left of a restore`, 'Remove it once nothing in it is missed.'),
  );
}

function checkLogs({ folder }: Patient): readonly Finding[] {
  if (folder === null) return [];
  const files = [
    ...globSync('**/*', { cwd: folder.logs }).map((name) => join(folder.logs, name)),
    ...globSync('**/postgres.log*', { cwd: folder.resources }).map((name) =>
      join(folder.resources, name),
    ),
  ];
  const sizes = files.map((file) => ({ file, bytes: statSync(file).size }));
  const total = sizes.reduce((sum, { bytes }) => sum + bytes, 0);
  const found = `${Math.round(total / MB)} MB`;
  const large = sizes.filter(({ bytes }) => bytes > largeLog);
  const remedy = 'They are rotated while the site is up: see whether it is, then remove old ones.';
  if (large.length === 0 && total <= manyLogs) return [well(found)];
  const names = large.map(({ file, bytes }) => `${file} (${Math.round(bytes / MB)} MB)`);
  return [warning([found, ...names].join(', '), remedy)];
}

/** A server's data must be its own user's: never root's, and ours when we are not root. */
function checkDataOwners({ folder }: Patient): readonly Finding[] {
  if (folder === null) return [];
  const own = process.getuid?.() ?? 0;
  return globSync('{*,*/*}/data', { cwd: folder.resources }).map((path) => {
    const { uid, mode } = statSync(join(folder.resources, path));
    const octal = (mode & 0o777).toString(8);
    if (mode & 0o077) return wrong(`${path} has mode ${octal}`, `chmod 700 it: PostgreSQL asks.`);
    const fits = own === 0 ? uid !== 0 : uid === own;
    return fits
      ? well(`${path}, uid ${uid}`)
      : wrong(`${path} belongs to uid ${uid}`, 'Run turnout as the user who made it, or as root.');
  });
}

function checkBackup({ folder, model, nowMs }: Patient): readonly Finding[] {
  if (folder === null) return [];
  const record = readJsonFile(folder.backupRecord) as BackupRecord | null;
  if (record !== null) {
    const ageMs = nowMs - Date.parse(record.finishedAt);
    const found = `${record.id} in ${record.target}, ${Math.round(ageMs / hourMs)} h old`;
    if (!existsSync(join(record.target, record.id))) {
      return [warning(`${found}, and not there now`, 'Mount it, or make one: `turnout backup`.')];
    }
    return [ageMs <= oldBackupMs ? well(found) : warning(found, `turnout backup ${record.target}`)];
  }
  const hasData = existsSync(folder.resources) && readdirSync(folder.resources).length > 0;
  if (!hasData || model?.site.environment === 'development') return [well('none was made')];
  return [warning('none was made', 'turnout backup DIR, and have a timer do it every night.')];
}
