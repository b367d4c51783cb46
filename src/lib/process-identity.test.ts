import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { test } from 'node:test';
import {
  isRunning,
  ownProcessIdentity,
  readProcessIdentity,
  signalProcess,
} from './process-identity.ts';

test('a living process is running and another start time under its pid is not', () => {
  const own = ownProcessIdentity();
  assert.equal(isRunning(own), true);
  assert.equal(isRunning({ ...own, startTicks: own.startTicks + 1 }), false);
});

test('a zombie is dead although a signal would reach it', async () => {
  // sh starts a child that exits when it is told, and becomes a sleep that never collects it.
  const parent = spawn('sh', ['-c', '(read line) <&3 & echo $!; exec sleep 30'], {
    stdio: ['ignore', 'pipe', 'ignore', 'pipe'],
  });
  const [chunk] = (await once(parent.stdout as Readable, 'data')) as [Buffer];
  const pid = Number(chunk.toString());
  const name = `/proc/${parent.pid}/comm`;
  while (readFileSync(name, 'utf8') !== 'sleep\n') await sleep(5);
  (parent.stdio[3] as Writable).end('now\n');
  while (readProcessIdentity(pid) !== null) await sleep(5);
  assert.doesNotThrow(() => process.kill(pid, 0));
  assert.equal(readProcessIdentity(pid), null);
  parent.kill('SIGKILL');
});

test('a process that is gone is not signalled', async () => {
  const child = spawn('sleep', ['30']);
  const identity = readProcessIdentity(child.pid ?? 0);
  assert.ok(identity);
  assert.equal(signalProcess(identity, 'SIGKILL'), true);
  await once(child, 'exit');
  assert.equal(signalProcess(identity, 'SIGKILL'), false);
});
