import { statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { BackupFolder, findBackup } from '../backup/backup-folder.ts';
import { readManifest } from '../backup/backup-manifest.ts';
import { damaged, verifyBackup } from '../backup/read-backup.ts';
import { TurnoutError } from '../lib/errors.ts';
import { readJsonFile } from '../lib/json-file.ts';
import { backUpSite } from '../profiles/back-up-site.ts';
import { addExamples } from './add-examples.ts';
import { addSiteOption, addStateOption, existingStateFolder } from './site-options.ts';
import type { StateOptions } from './site-options.ts';
import { createReadingLine } from './reading-line.ts';

interface BackupOptions extends StateOptions {
  readonly keep?: string;
  readonly json?: boolean;
}

export function registerBackup(program: Command): void {
  const command = addStateOption(addSiteOption(program.command('backup')))
    .summary('copy the state and the databases of a site, up or down')
    .description(
      'Makes a backup in a folder of backups: state, journal, queued writes, releases, contents, ' +
        'generated secrets (encrypted) and every database of our own, as of one moment or later ' +
        'each. A site that is up goes on; what did not change is shared with the backup before.',
    )
    .argument('<target>', 'folder for backups of this site')
    .option('--keep <count>', 'how many backups stay in that folder (default: all)')
    .option('--json', 'say what was done as JSON')
    .action(async (target: string, options: BackupOptions) => {
      await backUp(resolve(target), options);
    });
  registerList(command);
  registerVerify(command);
  addExamples(
    command,
    'turnout backup /mnt/backups/campaign --keep 14',
    'turnout backup list /mnt/backups/campaign',
    'turnout backup verify /mnt/backups/campaign',
  );
}

function registerList(backup: Command): void {
  const command = backup
    .command('list')
    .summary('the backups in a folder, oldest first')
    .argument('<target>', 'folder with backups')
    .option('--json', 'as JSON')
    .action((target: string) => {
      // An option that the outer command has too is given to that one.
      const { json } = backup.opts<BackupOptions>();
      const path = resolve(target);
      const backups = listed(path).map((id) => {
        const { site, turnout, files } = readManifest(join(path, id));
        return { id, site, turnout, bytes: files.reduce((sum, { bytes }) => sum + bytes, 0) };
      });
      const lines = backups.map(({ id, site, turnout, bytes }) => {
        return `${id}  ${site}  ${Math.round(bytes / 1_000_000)} MB  Turnout ${turnout}\n`;
      });
      process.stdout.write(json ? `${JSON.stringify(backups, null, 2)}\n` : lines.join(''));
    });
  addExamples(
    command,
    'turnout backup list /mnt/backups/campaign',
    "turnout backup list /mnt/backups/campaign --json | jq '.[-1].id'",
  );
}

function registerVerify(backup: Command): void {
  const command = backup
    .command('verify')
    .summary('read a whole backup and compare every file with its digest')
    .argument('<source>', 'folder with backups (the newest), or one backup in it')
    .option('--json', 'say what was found as JSON')
    .action(async (source: string) => {
      // An option that the outer command has too is given to that one.
      const { json } = backup.opts<BackupOptions>();
      const folder = findBackup(resolve(source));
      const manifest = readManifest(folder);
      const tell = createReadingLine();
      const damages = await verifyBackup(folder, manifest, (read) => tell(read, manifest));
      if (json) process.stdout.write(`${JSON.stringify({ folder, id: manifest.id, damages })}\n`);
      if (damages.length > 0) throw damaged(folder, damages);
      if (!json) process.stdout.write(`${manifest.files.length} files of ${folder} are whole\n`);
    });
  addExamples(command, 'turnout backup verify /mnt/backups/campaign');
}

async function backUp(target: string, options: BackupOptions): Promise<void> {
  const folder = existingStateFolder(options);
  const mark = readJsonFile(folder.versionFile) as { readonly site: string };
  const keep = options.keep === undefined ? null : count(options.keep);
  const startedMs = performance.now();
  const progress = (text: string): void => {
    const seconds = ((performance.now() - startedMs) / 1_000).toFixed(1).padStart(6);
    process.stderr.write(`${seconds} s  ${text}\n`);
  };
  const report = await backUpSite({ folder, site: mark.site, target, keep, progress });
  if (options.json) {
    process.stdout.write(`${JSON.stringify(report)}\n`);
    return;
  }
  const megabytes = (bytes: number): string => `${(bytes / 1_000_000).toFixed(1)} MB`;
  const lines = [
    report.folder,
    `  ${report.files} files, ${megabytes(report.bytes)}; ${report.reused} of them, ` +
      `${megabytes(report.reusedBytes)}, shared with the backup before`,
    ...report.databases.map(({ resource, how }) => `  database ${resource}, ${how}`),
    ...report.removed.map((id) => `  removed ${id}`),
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}

function listed(path: string): readonly string[] {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return new BackupFolder(path).ids();
  return [findBackup(path)];
}

function count(text: string): number {
  const number = Number(text);
  if (/^\d{1,6}$/.test(text) && number > 0) return number;
  throw new TurnoutError(
    'option-invalid',
    `--keep ${text} says no number of backups.`,
    'Give a number of at least 1.',
  );
}
