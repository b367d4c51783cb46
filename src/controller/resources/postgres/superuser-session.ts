import { Client } from 'pg';
import { superuser } from './postgres-credentials.ts';
import type { PostgresCredentials } from './postgres-credentials.ts';

const connectLimitMs = 10_000;

/**
 * A session of the superuser with a server of ours. It never waits for a replica: what Turnout does
 * on a server must get done when there is none. `queryLimitMs` 0 is for what takes its time. Who
 * opens it ends it. Rejects when the server does not let it in within 10 s.
 */
export async function openSuperuserSession(
  port: number,
  credentials: Pick<PostgresCredentials, 'superuserPassword'>,
  queryLimitMs = 10_000,
): Promise<Client> {
  const client = new Client({
    host: '127.0.0.1',
    port,
    user: superuser,
    password: credentials.superuserPassword,
    database: 'postgres',
    connectionTimeoutMillis: connectLimitMs,
    query_timeout: queryLimitMs,
    // Else a failing statement would put a password into the server's log.
    options: '-c synchronous_commit=local -c log_min_error_statement=panic',
  });
  // A session that breaks says so to whoever asks next.
  client.on('error', () => undefined);
  await client.connect();
  return client;
}
