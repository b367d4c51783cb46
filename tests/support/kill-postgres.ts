import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findRunningServer } from '../../src/controller/resources/postgres/running-server.ts';

/** Kills the PostgreSQL that works on a data folder with SIGKILL; its pid. */
export async function killPostgres(dataFolder: string): Promise<number> {
  const server = await findRunningServer(dataFolder);
  assert.ok(server, `a server runs on ${dataFolder}`);
  process.kill(server.process.pid, 'SIGKILL');
  return server.process.pid;
}

/** Kills it for good: no server starts on that data folder again. */
export async function wreckPostgres(dataFolder: string): Promise<void> {
  await writeFile(join(dataFolder, 'global', 'pg_control'), 'wrecked');
  await killPostgres(dataFolder);
}
