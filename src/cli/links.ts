import type { Command } from 'commander';
import { readLinks } from '../profiles/read-links.ts';
import { addExamples } from './add-examples.ts';
import { renderLinks } from './render-links.ts';
import { addSiteArgument, addStateOption, existingStateFolder, withSite } from './site-options.ts';
import type { StateOptions } from './site-options.ts';

export function registerLinks(program: Command): void {
  const command = addSiteArgument(program.command('links'))
    .summary('the links between services and what they need')
    .description(
      'Shows each link: where it listens, where it goes, whether it is open, and what has passed ' +
        'since its process was started. There are some with `links: on` in site.yaml. Needs no ' +
        'controller.',
    )
    .option('--json', 'as JSON')
    .action(
      async (dir: string | undefined, options: StateOptions & { readonly json?: boolean }) => {
        const report = await readLinks(existingStateFolder(withSite(dir, options)));
        const text = options.json
          ? JSON.stringify(report, null, 2)
          : renderLinks(report).join('\n');
        process.stdout.write(`${text}\n`);
      },
    );
  addExamples(
    addStateOption(command),
    'turnout links',
    'turnout links --json | jq \'.links[] | select(.state != "open")\'',
  );
}
