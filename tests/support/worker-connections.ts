import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { Agent, request } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SiteStatus } from '../../src/contract/status.ts';
import type { TestSite } from './site-harness.ts';

interface Connection {
  readonly agent: Agent;
  /** Of our end: what the kernel knows the other end by. */
  readonly port: number;
}

interface Asked {
  readonly client: string;
  readonly path: string;
}

interface Told {
  readonly status: number;
  readonly body: string;
  readonly port: number;
}

const MOST_TRIES = 200;
/** Who asks without a pause takes a core for itself, and measures that. */
const PAUSE_MS = 2;

/**
 * One connection to each worker of a site, which share a port: the kernel chooses, so connections
 * are opened until every worker has one.
 */
export class WorkerConnections {
  readonly #origin: string;
  readonly #agents: Agent[] = [];

  private constructor(origin: string) {
    this.#origin = origin;
  }

  /** To every worker of a site that runs so many. */
  static async toAll(site: TestSite, count: number): Promise<WorkerConnections> {
    const running = ({ processes }: SiteStatus): SiteStatus['processes'] =>
      processes.filter(({ kind, state }) => kind === 'worker' && state === 'running');
    const status = await site.until('all workers run', (now) => running(now).length === count);
    const pids = running(status).map(({ pid }) => pid);
    return WorkerConnections.open(await site.origin(), pids);
  }

  static async open(origin: string, pids: readonly number[]): Promise<WorkerConnections> {
    const connections = new WorkerConnections(origin);
    const missing = new Set(pids);
    for (let tries = 0; missing.size > 0; tries++) {
      if (tries === MOST_TRIES) throw new Error(`no connection came to ${[...missing].join(', ')}`);
      const { agent, port } = await connections.#connect();
      const pid = [...missing].find((one) => hasConnectionFrom(one, port));
      if (pid === undefined) agent.destroy();
      else {
        missing.delete(pid);
        connections.#agents.push(agent);
      }
    }
    return connections;
  }

  /** What each worker answers a client behind a trusted hop. */
  async statuses(client: string): Promise<readonly number[]> {
    const answers = await this.#askAll({ client, path: '/' });
    return answers.map(({ status }) => status);
  }

  /** Resolves once every worker's answer to a path holds the text. */
  async untilHolds(path: string, text: string, withinMs: number): Promise<void> {
    const begunMs = performance.now();
    for (;;) {
      const answers = await this.#askAll({ client: '127.0.0.1', path });
      if (answers.every(({ body }) => body.includes(text))) return;
      if (performance.now() - begunMs > withinMs) {
        const got = answers.map(({ status, body }) => `${status} ${body.slice(0, 200)}`).join('\n');
        throw new Error(`${path} does not hold ${text} in every answer:\n${got}`);
      }
      await sleep(PAUSE_MS);
    }
  }

  /** Resolves with the milliseconds until every worker answers so. */
  async until(client: string, status: number, withinMs: number): Promise<number> {
    const begunMs = performance.now();
    for (;;) {
      const statuses = await this.statuses(client);
      const tookMs = performance.now() - begunMs;
      if (statuses.every((one) => one === status)) return tookMs;
      if (tookMs > withinMs) {
        throw new Error(`${client} is not answered ${status} by all: ${statuses.join(' ')}`);
      }
      await sleep(PAUSE_MS);
    }
  }

  close(): void {
    for (const agent of this.#agents) agent.destroy();
  }

  async #connect(): Promise<Connection> {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const { port } = await this.#ask(agent, { client: '127.0.0.1', path: '/' });
    return { agent, port };
  }

  #askAll(asked: Asked): Promise<readonly Told[]> {
    return Promise.all(this.#agents.map((agent) => this.#ask(agent, asked)));
  }

  #ask(agent: Agent, { client, path }: Asked): Promise<Told> {
    return new Promise((resolve, reject) => {
      const headers = { 'x-forwarded-for': client };
      let port = 0;
      const call = request(new URL(path, this.#origin), { agent, headers }, (response) => {
        let body = '';
        response.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body, port }));
      });
      call.on('socket', (socket: Socket) => {
        if (socket.connecting) socket.once('connect', () => (port = socket.localPort ?? 0));
        else port = socket.localPort ?? 0;
      });
      call.on('error', reject).end();
    });
  }
}

/** Whether a process holds the other end of a connection from this port of ours. */
function hasConnectionFrom(pid: number, port: number): boolean {
  const remote = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const inodes = new Set(
    readFileSync('/proc/net/tcp', 'utf8')
      .split('\n')
      .map((line) => line.trim().split(/\s+/))
      .filter((fields) => fields[2]?.endsWith(remote))
      .map((fields) => `socket:[${fields[9]}]`),
  );
  return readdirSync(`/proc/${pid}/fd`).some((fd) => {
    try {
      return inodes.has(readlinkSync(`/proc/${pid}/fd/${fd}`));
    } catch {
      // Closed while we looked.
      return false;
    }
  });
}
