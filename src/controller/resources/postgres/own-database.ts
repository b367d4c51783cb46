import { replicator } from './standby-settings.ts';
import { openSuperuserSession } from './superuser-session.ts';
import type { Client } from 'pg';
import type { PostgresCredentials } from './postgres-credentials.ts';

/**
 * Sees to it that there is a database `name`, owned by a role of the same name that may log in and
 * nothing more; and a role for replication alone.
 */
export async function ensureOwnDatabase(
  name: string,
  port: number,
  credentials: PostgresCredentials,
): Promise<void> {
  const client = await openSuperuserSession(port, credentials);
  try {
    const { ownerPassword, replicatorPassword } = credentials;
    await ensureRole(client, name, 'login', ownerPassword);
    await ensureRole(client, replicator, 'login replication', replicatorPassword);
    const role = client.escapeIdentifier(name);
    const { rowCount: databases } = await client.query(
      'select from pg_database where datname = $1',
      [name],
    );
    if (databases === 0) await client.query(`create database ${role} owner ${role}`);
  } finally {
    await client.end();
  }
}

async function ensureRole(
  client: Client,
  name: string,
  rights: string,
  password: string,
): Promise<void> {
  const { rowCount } = await client.query('select from pg_roles where rolname = $1', [name]);
  if (rowCount !== 0) return;
  const role = client.escapeIdentifier(name);
  await client.query(`create role ${role} ${rights} password ${client.escapeLiteral(password)}`);
}
