import { resolve } from 'node:path';
import type { Command } from 'commander';
import { restoreSite } from '../profiles/restore-site.ts';
import { addExamples } from './add-examples.ts';
import { createReadingLine } from './reading-line.ts';
import { addSiteOption, stateRoot } from './site-options.ts';
import type { StateOptions } from './site-options.ts';

interface RestoreCommandOptions extends StateOptions {
  readonly to?: string;
  readonly force?: boolean;
}

export function registerRestore(program: Command): void {
  const command = addSiteOption(program.command('restore'))
    .summary('make the state folder of a site from a backup')
    .description(
      'Checks every file of the backup and puts the state folder in place as a whole, or not at ' +
        'all. The site then comes up with `turnout up`, here or on another machine; what was ' +
        'generated and encrypted needs the key of the site.',
    )
    .argument('<source>', 'folder with backups (the newest), or one backup in it')
    .option('--to <dir>', 'the state folder to make (default: .turnout in the site)')
    .option('--force', 'move a state folder that is there aside; never one that is in use')
    .action(async (source: string, { to, force, site }: RestoreCommandOptions) => {
      const root = to === undefined ? stateRoot({ site }) : resolve(to);
      const progress = createReadingLine();
      const report = await restoreSite({
        source: resolve(source),
        root,
        force: force ?? false,
        progress,
      });
      const { id, site: name, files } = report.manifest;
      const aside = report.replaced === null ? [] : [`  what was there is in ${report.replaced}`];
      const lines = [`${root} is ${name} as of ${id}, ${files.length} files`, ...aside];
      process.stdout.write(`${lines.join('\n')}\n`);
    });
  addExamples(
    command,
    'turnout restore /mnt/backups/campaign',
    'turnout restore /mnt/backups/campaign/20261103T020000Z-a1b2c3 --to /srv/rehearsal/.turnout',
  );
}
