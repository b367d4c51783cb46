import assert from 'node:assert/strict';
import { join } from 'node:path';
import { Client } from 'pg';
import { findPostgresBinaries } from '../../src/controller/resources/postgres/postgres-binaries.ts';
import { PostgresCluster } from '../../src/controller/resources/postgres/postgres-cluster.ts';
import {
  openCredentials,
  superuser,
} from '../../src/controller/resources/postgres/postgres-credentials.ts';
import { findRunningServer } from '../../src/controller/resources/postgres/running-server.ts';
import { findServerUser } from '../../src/controller/resources/postgres/server-user.ts';
import { findFreePort } from '../../src/lib/free-port.ts';
import { isRunning, signalProcess } from '../../src/lib/process-identity.ts';
import { eventually } from './eventually.ts';

/** A member's server that somebody started on its data, as they lie, past Turnout. */
export interface HandStarted {
  /** As the owner of the database. */
  ask(query: string): Promise<readonly unknown[]>;
  askAsSuperuser(query: string): Promise<readonly unknown[]>;
  end(signal: 'SIGINT' | 'SIGKILL'): Promise<void>;
}

export async function startByHand(folder: string, member: string): Promise<HandStarted> {
  const user = await findServerUser();
  const cluster = new PostgresCluster(join(folder, member), await findPostgresBinaries(user), user);
  const port = await findFreePort(Math.random, new Set());
  const server = await cluster.start(port);
  assert.ok(server);
  const isReady = async () => (await findRunningServer(cluster.dataFolder))?.ready === true;
  await eventually(`${member} is up`, isReady, 20_000);
  const { ownerPassword, superuserPassword } = await openCredentials(folder);
  const ask = async (account: string, query: string): Promise<readonly unknown[]> => {
    const client = new Client(`postgres://${account}@127.0.0.1:${port}/donations`);
    client.on('error', () => undefined);
    await client.connect();
    try {
      return (await client.query(query)).rows as readonly unknown[];
    } finally {
      await client.end();
    }
  };
  return {
    ask: (query) => ask(`donations:${ownerPassword}`, query),
    askAsSuperuser: (query) => ask(`${superuser}:${superuserPassword}`, query),
    async end(signal) {
      signalProcess(server, signal);
      await eventually(`${member} is gone`, () => !isRunning(server));
    },
  };
}
