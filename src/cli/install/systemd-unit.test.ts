import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { temporaryFolder } from '../../../tests/support/temporary-folder.ts';
import { installUnit, uninstallUnit } from './install-unit.ts';
import { systemdUnit, unitName } from './systemd-unit.ts';
import type { UnitOptions } from './systemd-unit.ts';
import { unitPlaceIn } from './unit-place.ts';

const options: UnitOptions = {
  site: 'campaign',
  siteDirectory: '/srv/100% ready/cam"paign $1',
  stateRoot: '/var/lib/turnout',
  environment: 'production',
  nodeFile: process.execPath,
  turnoutFile: '/opt/turnout/bin/turnout.js',
  turnoutVersion: '0.1.0',
  scope: 'system',
  account: 'daemon',
  secretsKeyFile: '/etc/turnout/campaign.key',
  canNotify: true,
};

/** The settings of a unit; its comments are for people. */
function settings(text: string): readonly string[] {
  return text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
}

describe('the systemd unit', () => {
  test('says what a site under an account of its own needs', () => {
    const node = process.execPath;
    const place = '--site "/srv/100%% ready/cam\\"paign $$1" --state /var/lib/turnout';
    assert.deepEqual(settings(systemdUnit(options)), [
      '[Unit]',
      'Description=Turnout: the site campaign',
      'Wants=network-online.target',
      'After=network-online.target',
      'StartLimitIntervalSec=0',
      '[Service]',
      'Type=notify',
      'NotifyAccess=all',
      'WorkingDirectory=/srv/100%% ready/cam"paign $1',
      'Environment=TURNOUT_SECRETS_KEY_FILE=/etc/turnout/campaign.key',
      `ExecStart=${node} /opt/turnout/bin/turnout.js up ${place} --environment production`,
      `ExecReload=${node} /opt/turnout/bin/turnout.js reload ${place}`,
      'TimeoutStartSec=infinity',
      'TimeoutStopSec=300',
      'Restart=always',
      'RestartSec=1',
      'KillMode=process',
      'OOMPolicy=continue',
      'LimitNOFILE=1048576',
      'TasksMax=infinity',
      'PrivateTmp=no',
      'NoNewPrivileges=yes',
      'LockPersonality=yes',
      'RestrictRealtime=yes',
      'User=daemon',
      'AmbientCapabilities=CAP_NET_BIND_SERVICE',
      'CapabilityBoundingSet=CAP_NET_BIND_SERVICE',
      'ProtectSystem=full',
      'ProtectKernelModules=yes',
      'ProtectKernelLogs=yes',
      'ProtectClock=yes',
      '[Install]',
      'WantedBy=multi-user.target',
    ]);
  });

  test('a unit of a user asks for nothing that only root may give', () => {
    const text = systemdUnit({ ...options, scope: 'user', account: null });
    assert.doesNotMatch(text, /User=|Capabilit|Protect|network-online/);
    assert.match(text, /WantedBy=default\.target/);
  });

  test('a path with a line break is refused: it would be a directive of its own', () => {
    const siteDirectory = '/srv/site\nExecStartPre=/bin/true';
    assert.throws(() => systemdUnit({ ...options, siteDirectory }), { code: 'path-unusable' });
  });

  test('systemd itself finds nothing wrong with it', async () => {
    const folder = await temporaryFolder('unit');
    const program = join(folder, 'turn$out %n.js');
    writeFileSync(program, '');
    for (const account of ['daemon', null]) {
      const file = join(folder, unitName('campaign'));
      writeFileSync(file, systemdUnit({ ...options, turnoutFile: program, account }));
      const { status, stdout, stderr, error } = spawnSync('systemd-analyze', ['verify', file], {
        encoding: 'utf8',
        timeout: 30_000,
      });
      assert.equal(error, undefined);
      assert.equal(`${stdout}${stderr}`, '');
      assert.equal(status, 0);
    }
  });

  test('systemd refuses a setting it does not know, so that test can fail', async () => {
    const folder = await temporaryFolder('unit');
    const file = join(folder, unitName('campaign'));
    writeFileSync(file, systemdUnit(options).replace('KillMode=process', 'KillMode=nobody'));
    const { stdout, stderr } = spawnSync('systemd-analyze', ['verify', file], {
      encoding: 'utf8',
      timeout: 30_000,
    });
    assert.match(`${stdout}${stderr}`, /kill mode specification/);
  });
});

describe('installing the unit', () => {
  test('twice is as good as once, a change is written, uninstall leaves nothing', async () => {
    const folder = await temporaryFolder('units');
    const told = join(folder, 'told');
    const program = join(folder, 'systemctl');
    writeFileSync(program, `#!/bin/sh\necho "$@" >> '${told}'\n`);
    chmodSync(program, 0o755);
    const place = unitPlaceIn('system', join(folder, 'units'), program);
    const name = unitName('campaign');
    assert.equal(await uninstallUnit(place, name), false);
    assert.equal(await installUnit(place, name, 'first\n'), 'written');
    assert.equal(await installUnit(place, name, 'first\n'), 'unchanged');
    assert.equal(await installUnit(place, name, 'second\n'), 'written');
    assert.equal(readFileSync(join(folder, 'units', name), 'utf8'), 'second\n');
    assert.equal(await uninstallUnit(place, name), true);
    const reload = 'daemon-reload';
    assert.deepEqual(readFileSync(told, 'utf8').trim().split('\n'), [
      reload,
      `enable ${name}`,
      `enable ${name}`,
      reload,
      `enable ${name}`,
      `disable ${name}`,
      reload,
    ]);
  });

  test('what systemctl refuses is told in its own words', async () => {
    const folder = await temporaryFolder('units');
    mkdirSync(join(folder, 'units'));
    const program = join(folder, 'systemctl');
    writeFileSync(program, '#!/bin/sh\necho "Unit file is masked." >&2\nexit 1\n');
    chmodSync(program, 0o755);
    const place = unitPlaceIn('user', join(folder, 'units'), program);
    await assert.rejects(installUnit(place, 'x.service', ''), /--user daemon-reload.*is masked/);
  });
});
