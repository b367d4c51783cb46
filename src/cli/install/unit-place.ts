import { execFile, spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { TurnoutError } from '../../lib/errors.ts';

const run = promisify(execFile);

/** Where units of one systemd lie, and how that systemd is asked. */
export interface UnitPlace {
  readonly scope: 'system' | 'user';
  readonly folder: string;
  /** Rejects with `systemctl-failed`. */
  systemctl(...words: readonly string[]): Promise<void>;
}

/**
 * The systemd of this machine or of this user. Throws `systemd-missing` where none runs and
 * `install-needs-root` when it is not ours to change.
 */
export function findUnitPlace(scope: 'system' | 'user'): UnitPlace {
  if (!existsSync('/run/systemd/system')) {
    throw new TurnoutError(
      'systemd-missing',
      'There is no systemd in charge of this machine.',
      'Have its own supervisor run `turnout up` in the foreground and send SIGTERM to stop; `turnout install --print` shows what a unit would say.',
    );
  }
  if (scope === 'system' && process.getuid?.() !== 0) {
    throw new TurnoutError(
      'install-needs-root',
      'Only root may change the units of this machine.',
      'Run it with sudo, or install for yourself alone with --user (no ports below 1024 then).',
    );
  }
  return unitPlaceIn(scope, unitFolder(scope), 'systemctl');
}

/** The same for any folder and any program that stands for systemctl. */
export function unitPlaceIn(scope: UnitPlace['scope'], folder: string, program: string): UnitPlace {
  return {
    scope,
    folder,
    systemctl: async (...words) => {
      const all = scope === 'user' ? ['--user', ...words] : words;
      try {
        await run(program, all);
      } catch (error) {
        const { stderr } = error as { stderr?: string };
        throw new TurnoutError(
          'systemctl-failed',
          `\`systemctl ${all.join(' ')}\` failed: ${stderr?.trim() || (error as Error).message}.`,
          'See `systemctl status` and `journalctl -xe` for the reason, then run this again.',
          { cause: error },
        );
      }
    },
  };
}

function unitFolder(scope: UnitPlace['scope']): string {
  if (scope === 'system') return '/etc/systemd/system';
  const home = process.env['XDG_CONFIG_HOME'] ?? join(homedir(), '.config');
  return join(home, 'systemd', 'user');
}

/**
 * Sees to it that an account can run the site. Throws `install-account-missing`, or
 * `install-state-foreign` when the state that is there belongs to another.
 */
export function checkAccount(account: string, stateRoot: string): void {
  const { status, stdout } = spawnSync('id', ['-u', account], { encoding: 'utf8' });
  if (status !== 0) {
    throw new TurnoutError(
      'install-account-missing',
      `There is no account ${account} on this machine.`,
      `Make it: \`useradd --system --create-home --shell /usr/sbin/nologin ${account}\`.`,
    );
  }
  const uid = Number(stdout);
  const state = statSync(stateRoot, { throwIfNoEntry: false });
  if (state === undefined || state.uid === uid) return;
  throw new TurnoutError(
    'install-state-foreign',
    `${stateRoot} belongs to the user with number ${state.uid}, and ${account} is ${uid}.`,
    `Stop the site (\`turnout down\`), then \`chown -R ${account}: ${stateRoot}\`, and run this again.`,
  );
}
