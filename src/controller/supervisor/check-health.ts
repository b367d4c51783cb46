import { request } from 'node:http';
import { SERVICE_HEALTH, parseServiceHealth } from '../../contract/service-health.ts';
import type { ServiceHealth } from '../../contract/service-health.ts';

export interface HealthQuestion {
  /** `host:port`. */
  readonly address: string;
  readonly path: string;
  readonly timeoutMs: number;
}

const bodyLimitBytes = 64 * 1024;

export interface HealthAnswer {
  /** Null when it answered 2xx in time, else what is wrong in a few words. */
  readonly problem: string | null;
  /** What it says of its needs; null when it says nothing. */
  readonly report: ServiceHealth | null;
}

/**
 * Asks an instance for its health. Each question has a connection of its own, for whether it still
 * accepts one is part of the question.
 */
export function checkHealth(question: HealthQuestion): Promise<HealthAnswer> {
  const { hostname, port } = new URL(`http://${question.address}`);
  return new Promise((resolve) => {
    const asked = request({
      hostname,
      port,
      path: question.path,
      agent: false,
      headers: { 'user-agent': 'turnout-health', accept: '*/*', connection: 'close' },
    });
    const tooLate = (): void =>
      answer(`no answer to GET ${question.path} within ${question.timeoutMs} ms`);
    // Were we ourselves held up, an answer may lie in the socket: it is read before the verdict.
    const timer = setTimeout(() => setImmediate(tooLate), question.timeoutMs);
    let report: ServiceHealth | null = null;
    const answer = (problem: string | null): void => {
      clearTimeout(timer);
      resolve({ problem, report });
      asked.destroy();
    };
    asked.on('error', (error: NodeJS.ErrnoException) => answer(inWords(error)));
    asked.on('response', (response) => {
      const status = response.statusCode ?? 0;
      const header = response.headers[SERVICE_HEALTH];
      report = parseServiceHealth(typeof header === 'string' ? header : null);
      const healthy = status >= 200 && status < 300;
      let bytes = 0;
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > bodyLimitBytes) answer(`GET ${question.path} answered more than 64 KiB`);
      });
      response.on('error', (error: NodeJS.ErrnoException) => answer(inWords(error)));
      response.on('end', () => answer(healthy ? null : `GET ${question.path} answered ${status}`));
    });
    asked.end();
  });
}

function inWords(error: NodeJS.ErrnoException): string {
  switch (error.code) {
    case 'ECONNREFUSED':
      return 'nothing listens on its port yet';
    case 'ECONNRESET':
      return 'it broke the connection off';
    default:
      return error.message;
  }
}
