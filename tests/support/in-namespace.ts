import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';

/**
 * Runs a file of tests in a network namespace of its own, where `net.ipv4.tcp_migrate_req` is 1 as
 * a production machine should have it, whatever this machine says; and where no port is anybody
 * else's. Fails when one of them does.
 */
export function testInNamespace(file: string): void {
  const script = [
    'set -e',
    'ip link set lo up',
    'sysctl -q -w net.ipv4.tcp_migrate_req=1',
    `exec "${process.execPath}" --test --test-reporter=spec "${file}"`,
  ].join('\n');
  const { NODE_TEST_CONTEXT: _, ...environment } = process.env;
  const { status, error } = spawnSync('unshare', ['--net', 'sh', '-c', script], {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: environment,
  });
  assert.equal(error, undefined);
  assert.equal(
    status,
    0,
    'see the tests above; a namespace needs root (Debian: util-linux, iproute2)',
  );
}
