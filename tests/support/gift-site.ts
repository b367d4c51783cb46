import { randomUUID } from 'node:crypto';
import { symlink } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createSite } from './site-harness.ts';
import type { TestSite } from './site-harness.ts';

const repository = resolve(import.meta.dirname, '../..');

/** A site with a frontend and a service that keeps gifts in a PostgreSQL of ours with a replica. */
const files: Readonly<Record<string, string>> = {
  'site.yaml': `turnout: 1
site: gifts
what: A site for tests, with a database.
services: [services/*]
frontends: { /: frontends/home }
resources: { gifts: { kind: postgres, replicas: 1, durability: sync } }
listen: { http: 127.0.0.1:0, console: 127.0.0.1:0, workers: 1 }
`,
  'frontends/home/index.html': '<!doctype html><title>Gifts</title><p>Give.',
  'services/gifts/service.yaml': `turnout: 1
service: gifts
what: Takes gifts and says what it has.
build: { entry: [server.ts, migrate.ts] }
run: { command: node server.js }
health: { path: /health, every: 200ms, start: 20s }
scale: { min: 1, max: 1 }
release: { before: node migrate.js, drain: 5s }
needs:
  db: { postgres: gifts }
features:
  give:
    tier: important
    routes: [POST /gifts, GET /gifts]
    needs: [db]
    ladder: [closed]
`,
  'services/gifts/migrate.ts': `import { Client } from 'pg';
const client = new Client({ connectionString: process.env.NEED_DB_URL });
await client.connect();
await client.query('create table if not exists gifts (id text primary key)');
await client.end();
`,
  'services/gifts/server.ts': `import { createServer } from 'node:http';
import { Pool } from 'pg';
const pool = new Pool({ connectionString: process.env.NEED_DB_URL, max: 8 });
pool.on('error', () => undefined);
const server = createServer(async (request, response) => {
  try {
    if (request.url === '/health') return response.end();
    if (request.method === 'GET') {
      const { rows } = await pool.query('select id from gifts order by id');
      return response.end(JSON.stringify(rows.map(({ id }) => id)));
    }
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    await pool.query('insert into gifts values ($1)', [Buffer.concat(chunks).toString()]);
    response.statusCode = 201;
    response.end();
  } catch {
    response.statusCode = 503;
    response.end();
  }
});
server.listen(Number(process.env.PORT), process.env.HOST);
process.on('SIGTERM', () => server.close(() => process.exit(0)));
`,
};

/** The site, not up yet. */
export async function createGiftSite(): Promise<TestSite> {
  const site = await createSite(files);
  await symlink(join(repository, 'node_modules'), join(site.directory, 'node_modules'));
  return site;
}

/** Gives all the time and keeps the books of what was acknowledged. */
export interface Giving {
  /** Those the site has said yes to, so far. */
  readonly acknowledged: ReadonlySet<string>;
  /** What was answered otherwise, or not at all. */
  readonly refused: () => number;
  stop(): Promise<void>;
}

export function startGiving(origin: string, connections = 4): Giving {
  const acknowledged = new Set<string>();
  let refused = 0;
  const ending = new AbortController();
  const give = async (): Promise<void> => {
    while (!ending.signal.aborted) {
      const id = randomUUID();
      const answer = await fetch(`${origin}/gifts`, { method: 'POST', body: id }).catch(() => null);
      if (answer?.status === 201) acknowledged.add(id);
      else refused += 1;
      await delay(2);
    }
  };
  const giving = Array.from({ length: connections }, give);
  return {
    acknowledged,
    refused: () => refused,
    stop: async () => {
      ending.abort();
      await Promise.all(giving);
    },
  };
}

/** Everything the site says it has. */
export async function giftsOf(site: TestSite): Promise<ReadonlySet<string>> {
  const answer = await fetch(`${await site.origin()}/gifts`);
  return new Set((await answer.json()) as string[]);
}
