import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { findFreePort } from '../../../src/lib/free-port.ts';
import { eventually } from '../../support/eventually.ts';
import { startPostgresAlone, type TestServer } from '../../support/postgres-pair.ts';

const SERVICE = join(import.meta.dirname, '../../../examples/campaign/services/donations');
const LONG_MS = 60_000;

/** What passes between a worker and the service; each may be where a worker is killed. */
export type Moment = 'received' | 'sent' | 'committed';

/**
 * The donations service of the campaign with a PostgreSQL of its own, and a relay before it that
 * sees when a write has come, and when the service has said that it is committed.
 */
export class DonationsService {
  /** Called before anything of it is passed on. */
  at: (moment: Moment) => void = () => undefined;
  readonly database: TestServer;
  readonly #port: number;
  readonly #process: ChildProcess;
  readonly #relay = createServer((req, res) => void this.#pass(req, res));
  #isUp = true;

  private constructor(database: TestServer, port: number, process: ChildProcess) {
    this.database = database;
    this.#port = port;
    this.#process = process;
  }

  static async start(): Promise<DonationsService> {
    const database = await startPostgresAlone('ledger-kills');
    const port = await findFreePort(Math.random);
    const environment = { NEED_DB_URL: database.url, PORT: String(port), HOST: '127.0.0.1' };
    const [code] = (await once(runProgram('migrate.ts', environment), 'exit')) as [number | null];
    if (code !== 0) throw new Error(`the migration exited with ${code}`);
    const service = new DonationsService(database, port, runProgram('server.ts', environment));
    await eventually(
      'the service answers',
      async () => (await fetch(`http://127.0.0.1:${port}/health`).catch(() => null))?.ok === true,
      LONG_MS,
    );
    return service;
  }

  async open(): Promise<number> {
    this.#relay.listen(0, '127.0.0.1');
    await once(this.#relay, 'listening');
    return (this.#relay.address() as AddressInfo).port;
  }

  /** The database is killed, or started again on what it had. */
  async bring(isUp: boolean): Promise<void> {
    if (isUp === this.#isUp) return;
    this.#isUp = isUp;
    await (isUp ? this.database.start() : this.database.kill());
  }

  async close(): Promise<void> {
    this.#relay.close();
    this.#relay.closeAllConnections();
    this.#process.kill('SIGKILL');
    await this.database.kill();
  }

  async #pass(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    try {
      const body = await wholeOf(incoming);
      const isReplay = incoming.headers['turnout-replay'] !== undefined;
      const isWrite = incoming.method === 'POST';
      if (isWrite) this.at(isReplay ? 'sent' : 'received');
      const answer = await this.#forward(incoming, body);
      const text = await wholeOf(answer);
      if (isWrite && isReplay && answer.statusCode === 201) this.at('committed');
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers).end(text);
    } catch {
      // A worker that was killed takes its connection with it; what it sent is passed on first.
      outgoing.destroy();
    }
  }

  #forward({ method, url, headers }: IncomingMessage, body: Buffer): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const to = { host: '127.0.0.1', port: this.#port, method, path: url, headers, agent: false };
      request(to, resolve).on('error', reject).end(body);
    });
  }
}

function runProgram(file: string, environment: Readonly<Record<string, string>>): ChildProcess {
  const command = ['--conditions=turnout-source', join(SERVICE, file)];
  return spawn(process.execPath, command, {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

async function wholeOf(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
