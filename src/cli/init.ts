import { readdir, readFile, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { TurnoutError } from '../lib/errors.ts';
import { makeFolder } from '../lib/make-folder.ts';
import { namePattern } from '../manifest/schema/names.ts';
import { addExamples } from './add-examples.ts';
import { findSite } from './find-site.ts';
import { addSiteOption, withSite } from './site-options.ts';
import type { SiteOptions } from './site-options.ts';

const templates = fileURLToPath(new URL('../../templates/', import.meta.url));

interface InitOptions extends SiteOptions {
  readonly service?: string;
}

/** `turnout init`: writes a small site that works, or one more service into a site. */
export function registerInit(program: Command): void {
  const command = addSiteOption(program.command('init'))
    .summary('write a small site that works, or one more service')
    .description(
      'Writes a small site that works, or with --service adds a service to a site. ' +
        'Nothing that is there is overwritten.',
    )
    .argument('[dir]', 'folder for the new site (default: this one); with --service as --site')
    .option('--service <name>', 'add a service of this name to the site')
    .action(async (dir: string | undefined, options: InitOptions) => {
      const written =
        options.service === undefined
          ? await initSite(resolve(withSite(dir, options).site ?? '.'))
          : await initService(findSite(withSite(dir, options).site), options.service);
      process.stdout.write(written);
    });
  addExamples(
    command,
    'turnout init my-site && turnout up my-site',
    'turnout init --service donations',
  );
}

async function initSite(directory: string): Promise<string> {
  const name = nameFrom(basename(directory));
  const files = [
    ...(await template('site', '', name)),
    ...(await template('service', 'services/hello', 'hello')),
  ];
  const wanted = files.filter(({ path }) => !isThereForGit(directory, path));
  await writeAll(directory, wanted);
  const into = relative('', directory);
  const quoted = /^[\w./-]+$/.test(into) ? into : `'${into}'`;
  const next = `${into === '' ? '' : `cd ${quoted} && `}${invocation()} up --watch`;
  return `${list(wanted)}\nNext: ${next}\n`;
}

async function initService(directory: string, name: string): Promise<string> {
  if (!namePattern.test(name)) {
    throw new TurnoutError(
      'init-name',
      `“${name}” cannot be the name of a service.`,
      'Use lower-case letters, digits and dashes, a letter first.',
    );
  }
  const files = await template('service', `services/${name}`, name);
  await writeAll(directory, files);
  const hint = `Where site.yaml lists its services one by one, add services/${name}.`;
  return `${list(files)}\n${hint}\nNext: ${invocation()} check\n`;
}

/** A repository that the site is put into has a .gitignore of its own, and keeps it. */
function isThereForGit(directory: string, path: string): boolean {
  return path === '.gitignore' && existsSync(join(directory, path));
}

/** How the reader ran this command, and may run the next. */
function invocation(): string {
  return process.env['npm_command'] === 'exec' ? 'npx turnout' : 'turnout';
}

interface NewFile {
  /** Relative to the site. */
  readonly path: string;
  readonly text: string;
}

async function template(from: string, to: string, name: string): Promise<readonly NewFile[]> {
  const folder = join(templates, from);
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();
  return Promise.all(
    paths.map(async (path) => {
      const text = await readFile(join(folder, path), 'utf8');
      // npm leaves files called .gitignore out of a package.
      const target = path === 'gitignore' ? '.gitignore' : path;
      return { path: join(to, target), text: text.replaceAll(/\bNAME\b/g, name) };
    }),
  );
}

/** All or nothing: whatever is there already is left alone and named. */
async function writeAll(directory: string, files: readonly NewFile[]): Promise<void> {
  const taken = files.filter(({ path }) => existsSync(join(directory, path)));
  if (taken.length > 0) {
    throw new TurnoutError(
      'init-would-overwrite',
      `${directory} has ${taken.map(({ path }) => path).join(', ')} already.`,
      'Choose another folder or name, or move these files away; nothing was written.',
    );
  }
  for (const { path, text } of files) {
    const target = join(directory, path);
    makeFolder(dirname(target));
    // `wx`: even a file that came into being this instant is not overwritten.
    await writeFile(target, text, { flag: 'wx' });
  }
}

function list(files: readonly NewFile[]): string {
  return files.map(({ path }) => `wrote ${path}`).join('\n');
}

function nameFrom(folder: string): string {
  const name = folder
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^[^a-z]+|-+$/g, '');
  return namePattern.test(name) ? name : 'site';
}
