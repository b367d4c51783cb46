import { Agent, request } from 'node:http';

/**
 * Connections that stay open, so many that every worker of a site has some: the kernel spreads
 * them, and which is whose is not told.
 */
export class WorkerConnections {
  readonly #origin: string;
  readonly #agents: readonly Agent[];

  constructor(origin: string, count = 24) {
    this.#origin = origin;
    const options = { keepAlive: true, maxSockets: 1 };
    this.#agents = Array.from({ length: count }, () => new Agent(options));
  }

  /** The status of each connection for a client behind a trusted hop. */
  statuses(client: string, path = '/'): Promise<readonly number[]> {
    return Promise.all(this.#agents.map((agent) => this.#status(agent, client, path)));
  }

  /** Resolves with the milliseconds until every connection answers so. */
  async until(client: string, status: number, withinMs: number): Promise<number> {
    const begunMs = performance.now();
    for (;;) {
      const statuses = await this.statuses(client);
      const tookMs = performance.now() - begunMs;
      if (statuses.every((one) => one === status)) return tookMs;
      if (tookMs > withinMs) {
        throw new Error(`${client} is not answered ${status} by all: ${statuses.join(' ')}`);
      }
    }
  }

  close(): void {
    for (const agent of this.#agents) agent.destroy();
  }

  #status(agent: Agent, client: string, path: string): Promise<number> {
    return new Promise((resolve, reject) => {
      const headers = { 'x-forwarded-for': client };
      const call = request(`${this.#origin}${path}`, { agent, headers }, (response) => {
        response.resume().on('end', () => resolve(response.statusCode ?? 0));
      });
      call.on('error', reject).end();
    });
  }
}
