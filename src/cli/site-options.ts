import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import type { StateFolder } from '../contract/state-folder.ts';
import { findStateFolder } from '../controller/keeper/claim-state-folder.ts';
import { TurnoutError } from '../lib/errors.ts';
import { findSite } from './find-site.ts';

/** Which site a command is about. */
export interface SiteOptions {
  /** `--site DIR`. */
  readonly site?: string | undefined;
}

export interface EnvironmentOptions extends SiteOptions {
  /** `--environment NAME`; else TURNOUT_ENVIRONMENT, else what site.yaml says. */
  readonly environment?: string | undefined;
}

export interface StateOptions extends SiteOptions {
  /** `--state DIR`; else TURNOUT_STATE, else `.turnout` in the site. */
  readonly state?: string | undefined;
}

const siteHelp = 'folder of the site (default: the nearest one upwards with a site.yaml)';

/** Lets a command be told its site as `[dir]` and as `--site DIR`. */
export function addSiteArgument(command: Command): Command {
  return addSiteOption(command.argument('[dir]', 'the same as --site'));
}

/** Lets a command be told its site as `--site DIR`; for one whose argument is something else. */
export function addSiteOption(command: Command): Command {
  return command.option('--site <dir>', siteHelp);
}

export function addEnvironmentOption(command: Command): Command {
  return command.option(
    '--environment <name>',
    'with the overrides of this environment (or TURNOUT_ENVIRONMENT)',
  );
}

export function addStateOption(command: Command): Command {
  return command.option(
    '--state <dir>',
    'the state folder (default: .turnout in the site; or TURNOUT_STATE)',
  );
}

/**
 * The options of a command whose site was named in one of two ways, as if by `--site`. Throws
 * TurnoutError `option-invalid` when both are there and differ.
 */
export function withSite<Options extends SiteOptions>(
  dir: string | undefined,
  options: Options,
): Options {
  const { site } = options;
  if (dir === undefined) return options;
  if (site === undefined || resolve(site) === resolve(dir)) return { ...options, site: dir };
  throw new TurnoutError(
    'option-invalid',
    `Two sites are named: ${dir} and --site ${site}.`,
    'Name one of them.',
  );
}

/**
 * The environment a command is to use: its option, else TURNOUT_ENVIRONMENT; undefined leaves it to
 * site.yaml.
 */
export function environmentOf(options: EnvironmentOptions): string | undefined {
  return options.environment ?? (process.env['TURNOUT_ENVIRONMENT'] || undefined);
}

/** Where the state of a site lies or is to lie. Throws `site-not-found` when that depends on it. */
export function stateRoot(options: StateOptions): string {
  const given = options.state ?? (process.env['TURNOUT_STATE'] || undefined);
  return given === undefined ? join(findSite(options.site), '.turnout') : resolve(given);
}

/** The state folder of a site that has been up. Throws TurnoutError `site-never-up`. */
export function existingStateFolder(options: StateOptions): StateFolder {
  const root = stateRoot(options);
  const folder = findStateFolder(root);
  if (folder !== null) return folder;
  throw new TurnoutError(
    'site-never-up',
    `This site has not been up: there is no state in ${root}.`,
    'Start it with `turnout up`, or name another site with --site DIR, or its --state DIR.',
  );
}
