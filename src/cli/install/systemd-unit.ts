import { TurnoutError } from '../../lib/errors.ts';

/** What a unit is written from; every path absolute. */
export interface UnitOptions {
  readonly site: string;
  readonly siteDirectory: string;
  readonly stateRoot: string;
  readonly environment: string | null;
  /** The Node.js and the command that are to run. */
  readonly nodeFile: string;
  readonly turnoutFile: string;
  readonly turnoutVersion: string;
  /** Whether it is for the system's systemd or for that of one user. */
  readonly scope: 'system' | 'user';
  /** The account it runs as; null for root, and in a user's own systemd. */
  readonly account: string | null;
  /** Where the secrets' key lies, when that was said. */
  readonly secretsKeyFile: string | null;
  /** Whether `systemd-notify` is there to say that the site is up. */
  readonly canNotify: boolean;
}

/** Longer than all that a site may take to go down: requests, instances, databases. */
const stopLimitS = 300;

/** The name of a site's unit. */
export function unitName(site: string): string {
  return `turnout-${site}.service`;
}

/**
 * The text of a site's unit, the same for the same options.
 *
 * The one process of systemd's is the keeper. Everything else runs in sessions of its own and is
 * adopted by the next keeper, so only the keeper is ever killed (`KillMode=process`), and no end of
 * a process stops the rest (`OOMPolicy=continue`). There is no `ExecStop`: systemd runs it when the
 * keeper dies as well, and would then take down what outlives it. A stop is SIGTERM to the keeper,
 * which takes the site down in order. See docs/decisions/0014-systemd.md.
 */
export function systemdUnit(options: UnitOptions): string {
  const { site, turnoutVersion } = options;
  return [
    `# Written by \`turnout install\` of Turnout ${turnoutVersion}. Run that again after moving the`,
    '# site or Turnout; `turnout uninstall` removes it. Yours: `systemctl edit` keeps its own file.',
    '[Unit]',
    `Description=Turnout: the site ${site}`,
    ...(options.scope === 'system'
      ? ['Wants=network-online.target', 'After=network-online.target']
      : []),
    '# It is to come back for as long as it takes.',
    'StartLimitIntervalSec=0',
    '',
    '[Service]',
    ...startLines(options),
    ...processLines(),
    ...accountLines(options),
    '',
    '[Install]',
    `WantedBy=${options.scope === 'system' ? 'multi-user.target' : 'default.target'}`,
    '',
  ].join('\n');
}

function startLines(options: UnitOptions): readonly string[] {
  const { siteDirectory, stateRoot, environment, secretsKeyFile } = options;
  const place = ['--site', siteDirectory, '--state', stateRoot];
  const inEnvironment = environment === null ? [] : ['--environment', environment];
  const command = (name: string, ...words: readonly string[]): string =>
    [options.nodeFile, options.turnoutFile, name, ...words].map(quoted).join(' ');
  return [
    ...(options.canNotify
      ? ['# Started is what serves: `turnout up` says so by systemd-notify, a child of its own.']
      : []),
    ...(options.canNotify ? ['Type=notify', 'NotifyAccess=all'] : ['Type=exec']),
    `WorkingDirectory=${unescaped(siteDirectory)}`,
    ...(secretsKeyFile === null
      ? []
      : [`Environment=${quoted(`TURNOUT_SECRETS_KEY_FILE=${secretsKeyFile}`)}`]),
    `ExecStart=${command('up', ...place, ...inEnvironment)}`,
    `ExecReload=${command('reload', ...place)}`,
    '# A first build may take its time, and what is not up is tried on.',
    'TimeoutStartSec=infinity',
    `TimeoutStopSec=${stopLimitS}`,
  ];
}

function processLines(): readonly string[] {
  return [
    'Restart=always',
    'RestartSec=1',
    '# Instances, workers and databases outlive the keeper; the next one adopts them.',
    'KillMode=process',
    'OOMPolicy=continue',
    'LimitNOFILE=1048576',
    'TasksMax=infinity',
    '# /tmp stays shared: a keeper and what it adopts from the one before must see the same.',
    'PrivateTmp=no',
    'NoNewPrivileges=yes',
    'LockPersonality=yes',
    'RestrictRealtime=yes',
  ];
}

function accountLines({ scope, account }: UnitOptions): readonly string[] {
  if (scope === 'user') return [];
  const kernel = ['ProtectKernelModules=yes', 'ProtectKernelLogs=yes', 'ProtectClock=yes'];
  // As root, databases run under an account that is made when it is missing: /etc must be writable.
  if (account === null) return kernel;
  return [
    `User=${account}`,
    '# Ports 80 and 443 without root.',
    'AmbientCapabilities=CAP_NET_BIND_SERVICE',
    'CapabilityBoundingSet=CAP_NET_BIND_SERVICE',
    'ProtectSystem=full',
    ...kernel,
  ];
}

/** A word of a command line: systemd expands `%` and `$`, and splits at blanks. */
function quoted(word: string): string {
  const plain = unescaped(word).replaceAll('$', '$$$$');
  return /^[\w@%:,./=+-]+$/.test(plain)
    ? plain
    : `"${plain.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}

/** Where nothing is split: only specifiers count. */
function unescaped(word: string): string {
  // A line break in a path would be a directive of its own, in a unit that may run as root.
  if (/\p{Cc}/u.test(word)) {
    throw new TurnoutError(
      'path-unusable',
      `${JSON.stringify(word)} holds a control character, which no unit file can say.`,
      'Give the site, its state folder and its key paths of plain characters.',
    );
  }
  return word.replaceAll('%', '%%');
}
