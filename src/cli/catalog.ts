import { extname, join, resolve } from 'node:path';
import type { Command } from 'commander';
import {
  renderCatalogFiles,
  renderCatalogMarkdown,
} from '../derive/catalog/render-catalog-markdown.ts';
import { outputJson } from '../derive/derived-files.ts';
import { addExamples } from './add-examples.ts';
import { loadDerivedSite } from './load-derived-site.ts';
import { addEnvironmentOption, addSiteArgument, withSite } from './site-options.ts';
import type { EnvironmentOptions } from './site-options.ts';
import { writeOutput } from './write-output.ts';

interface CatalogOptions extends EnvironmentOptions {
  readonly out?: string;
  readonly json?: boolean;
}

/**
 * `turnout catalog`: what each service is, how it is deployed, where to find it and how it goes
 * down.
 */
export function registerCatalog(program: Command): void {
  const command = addSiteArgument(program.command('catalog'))
    .summary('what each service is, how to find it, how it goes down')
    .description(
      'Writes the catalog of a site as Markdown: what each service is, how it is deployed, where ' +
        'to find it and how it goes down.',
    )
    .option('--out <path>', 'a file such as catalog.md, or a folder for one file a service')
    .option('--json', 'the same as data')
    .action(async (dir: string | undefined, options: CatalogOptions) => {
      const { derived } = await loadDerivedSite(withSite(dir, options));
      const { catalog } = derived;
      if (options.json === true) {
        await put(outputJson(derived, 'catalog'), options.out);
      } else if (options.out !== undefined && extname(options.out) === '') {
        await putFiles(renderCatalogFiles(catalog), resolve(options.out));
      } else {
        await put(renderCatalogMarkdown(catalog), options.out);
      }
    });
  addExamples(
    addEnvironmentOption(command),
    'turnout catalog examples/campaign --out catalog.md',
    'turnout catalog --out docs/services',
    "turnout catalog --json | jq '.services[].owner'",
  );
}

async function put(text: string, out: string | undefined): Promise<void> {
  if (out === undefined) {
    process.stdout.write(text);
    return;
  }
  const path = resolve(out);
  await writeOutput(path, text);
  process.stdout.write(`Wrote ${path}.\n`);
}

async function putFiles(files: ReadonlyMap<string, string>, folder: string): Promise<void> {
  for (const [name, text] of files) await writeOutput(join(folder, name), text);
  process.stdout.write(`Wrote ${files.size} files to ${folder}.\n`);
}
