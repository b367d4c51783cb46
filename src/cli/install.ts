import { existsSync } from 'node:fs';
import { userInfo } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { KEY_FILE_VARIABLE } from '../adapters/age/secrets-key.ts';
import { version } from '../lib/version.ts';
import type { Model } from '../manifest/model.ts';
import { TurnoutError } from '../lib/errors.ts';
import { addExamples } from './add-examples.ts';
import { installUnit, uninstallUnit } from './install/install-unit.ts';
import { systemdUnit, unitName } from './install/systemd-unit.ts';
import { checkAccount, findUnitPlace } from './install/unit-place.ts';
import { loadSite } from './load-site.ts';
import {
  addEnvironmentOption,
  addSiteArgument,
  addStateOption,
  environmentOf,
  stateRoot,
  withSite,
} from './site-options.ts';
import type { EnvironmentOptions, StateOptions } from './site-options.ts';

interface InstallOptions extends EnvironmentOptions, StateOptions {
  readonly user?: boolean;
  readonly runAs?: string;
  readonly print?: boolean;
  readonly now?: boolean;
}

const turnoutFile = fileURLToPath(new URL('../../bin/turnout.js', import.meta.url));
const firstFreePort = 1_024;

export function registerInstall(program: Command): void {
  const command = addSiteArgument(program.command('install'))
    .summary('start the site at boot, by systemd')
    .description(
      'Writes a systemd unit for the site and enables it. `systemctl stop` takes the site down in ' +
        'order; a keeper that dies is started again and adopts what runs. Run it again at will.',
    )
    .option('--user', 'for your own systemd, without root')
    .option('--run-as <account>', 'run it as this account (default: as root)')
    .option('--now', 'start it now, too')
    .option('--print', 'print the unit and change nothing')
    .action(async (dir: string | undefined, given: InstallOptions) => {
      await install(withSite(dir, given));
    });
  addExamples(
    addStateOption(addEnvironmentOption(command)),
    'turnout install --print',
    'sudo turnout install --run-as turnout --now',
    'turnout install --user && loginctl enable-linger',
  );
}

export function registerUninstall(program: Command): void {
  const command = addSiteArgument(program.command('uninstall'))
    .summary('no longer start the site at boot')
    .description('Removes the systemd unit of the site. What runs goes on: see `turnout down`.')
    .option('--user', 'from your own systemd')
    .action(async (dir: string | undefined, given: InstallOptions) => {
      const { loaded } = await loadSite(withSite(dir, given));
      const name = unitName(loaded.model.site.name);
      const place = findUnitPlace(given.user ? 'user' : 'system');
      const removed = await uninstallUnit(place, name);
      process.stdout.write(removed ? `removed ${name}\n` : `${name} is not installed\n`);
    });
  addExamples(command, 'sudo turnout uninstall', 'turnout down && sudo turnout uninstall');
}

async function install(options: InstallOptions): Promise<void> {
  const { directory, loaded } = await loadSite(options);
  const scope = options.user ? 'user' : 'system';
  refuseContradictions(options, loaded.model);
  const root = stateRoot({ ...options, site: directory });
  const account = scope === 'user' || options.runAs === 'root' ? null : (options.runAs ?? null);
  const text = systemdUnit({
    site: loaded.model.site.name,
    siteDirectory: directory,
    stateRoot: root,
    environment: environmentOf(options) ?? null,
    nodeFile: process.execPath,
    turnoutFile,
    turnoutVersion: version,
    scope,
    account,
    secretsKeyFile: process.env[KEY_FILE_VARIABLE] || null,
    canNotify: isOnPath('systemd-notify'),
  });
  if (options.print) {
    process.stdout.write(text);
    return;
  }
  const place = findUnitPlace(scope);
  if (account !== null) checkAccount(account, root);
  const name = unitName(loaded.model.site.name);
  const outcome = await installUnit(place, name, text);
  if (options.now) await place.systemctl('start', name);
  process.stdout.write(`${outcome} ${join(place.folder, name)}\n${next(options, name)}\n`);
}

function next({ user, now }: InstallOptions, name: string): string {
  const systemctl = user ? 'systemctl --user' : 'systemctl';
  const begin = now ? 'It runs' : `Start it: ${systemctl} start ${name}`;
  return user
    ? `${begin}; to have it start before you log in: loginctl enable-linger ${userInfo().username}`
    : begin;
}

function refuseContradictions({ user, runAs }: InstallOptions, { site }: Model): void {
  if (user && runAs !== undefined) {
    throw new TurnoutError(
      'option-invalid',
      'A unit of your own systemd (--user) runs as you, and not as another (--run-as).',
      'Leave out one of the two.',
    );
  }
  const { port } = site.listen.http;
  if (user && port > 0 && port < firstFreePort) {
    throw new TurnoutError(
      'install-port-privileged',
      `The site listens on port ${port}, which your own systemd may not give away.`,
      'Install it for the machine (`sudo turnout install --run-as ACCOUNT`), or listen above 1023.',
    );
  }
}

function isOnPath(program: string): boolean {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  return folders.some((folder) => folder !== '' && existsSync(join(folder, program)));
}
