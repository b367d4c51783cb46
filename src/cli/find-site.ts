import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { TurnoutError } from '../lib/errors.ts';

/**
 * The folder of the site a command is about: the one named, else the nearest folder upwards that
 * holds a site.yaml. Throws `site-not-found` when there is none.
 */
export function findSite(named: string | undefined, from: string = process.cwd()): string {
  if (named !== undefined) {
    const directory = resolve(from, named);
    if (existsSync(join(directory, 'site.yaml'))) return directory;
    throw new TurnoutError(
      'site-not-found',
      `There is no site.yaml in ${directory}.`,
      'Name the folder that holds site.yaml, or write a site there: `turnout init`.',
    );
  }
  for (let directory = resolve(from); ; directory = dirname(directory)) {
    if (existsSync(join(directory, 'site.yaml'))) return directory;
    if (dirname(directory) === directory) break;
  }
  throw new TurnoutError(
    'site-not-found',
    `There is no site.yaml in ${resolve(from)} or in any folder above it.`,
    'Go to the folder of your site, name it with `--site DIR`, or write one: `turnout init`.',
  );
}
