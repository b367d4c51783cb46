import { needVariable, replicasVariable } from '../../contract/environment.ts';
import type { SdkNeedPolicy } from '../../contract/sdk-policy.ts';
import { holdUntilDropped } from '../drop.ts';
import { needReports } from '../need-reports.ts';
import { needPolicy } from '../settings.ts';
import type { Database } from './database.ts';
import { PostgresDatabase } from './postgres-database.ts';

const databases = new Map<string, Database>();

/**
 * The database that the manifest names under `needs`, one for the whole process. It is looked at
 * from now on; where nothing says where it is, the first statement says so.
 */
export function postgres(need: string): Database {
  const known = databases.get(need);
  if (known !== undefined) return known;
  const database = new PostgresDatabase({
    need,
    urls: databaseUrls(need),
    policy: databasePolicy(need),
    reports: needReports,
  });
  databases.set(need, database);
  holdUntilDropped(async () => {
    databases.delete(need);
    await database.close();
  });
  return database;
}

/** Every server of the database, whatever its role; none where the environment names none. */
export function databaseUrls(need: string): readonly string[] {
  const first = process.env[needVariable(need)] ?? '';
  const replicas = process.env[replicasVariable(need)] ?? '';
  return [...new Set(`${first} ${replicas}`.split(/\s+/).filter((url) => url !== ''))];
}

/** What holds where the manifest says nothing, as when a service is run by hand. */
function databasePolicy(need: string): SdkNeedPolicy {
  const alone: SdkNeedPolicy = {
    need,
    kind: 'postgres',
    timeoutMs: 3_000,
    inFlight: 10,
    reads: ['replica', 'primary'],
  };
  return needPolicy(need) ?? alone;
}
