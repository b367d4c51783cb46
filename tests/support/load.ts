import { Agent, request, type IncomingHttpHeaders } from 'node:http';

/** One request of the load: what to send, and how to tell that its answer is the right one. */
export interface LoadRequest {
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Looks at a whole answer; a text says what is wrong with it, null that it is right. */
  readonly check: (answer: LoadAnswer) => string | null;
}

/** A whole answer. */
export interface LoadAnswer {
  readonly status: number;
  /** Its content type; empty where it has none. */
  readonly type: string;
  readonly body: string;
  /** From the first byte sent to the last received. */
  readonly ms: number;
}

/**
 * What became of the requests. Every one sent is in exactly one of ok, unknown, failed, resets and
 * truncated; `retriedOk` of the resets were answered rightly when sent once more.
 */
export interface LoadReport {
  readonly sent: number;
  readonly ok: number;
  /**
   * Writes answered 502 or 504 *outcome unknown*: allowed where an instance died, never a success.
   */
  readonly unknown: number;
  /** Answered wrongly: another status, or a body that does not fit. */
  readonly failed: number;
  /** The connection went before the first byte of the answer. */
  readonly resets: number;
  readonly retriedOk: number;
  /** The connection went within the answer, and the client could tell. */
  readonly truncated: number;
  /** The first few reasons, for people. */
  readonly reasons: readonly string[];
}

export interface Load {
  /** The numbers since the last call, and a new count. */
  take(): LoadReport;
  stop(): Promise<LoadReport>;
}

type Outcome =
  | { readonly kind: 'ok' | 'unknown' }
  | { readonly kind: 'failed' | 'resets' | 'truncated'; readonly reason: string };

const REQUEST_TIMEOUT_MS = 15_000;
const REASONS_KEPT = 8;

/**
 * Keeps `connections` keep-alive connections busy, one request after the other on each, with a
 * pause between so that a machine of two cores measures the site and not the load.
 */
export function startLoad(options: {
  readonly origin: string;
  readonly connections: number;
  readonly pauseMs: number;
  readonly next: (connection: number, n: number) => LoadRequest;
}): Load {
  let counts = emptyCounts();
  const stopping = new AbortController();

  async function runConnection(connection: number): Promise<void> {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    for (let n = 0; !stopping.signal.aborted; n++) {
      const wanted = options.next(connection, n);
      const outcome = await send(options.origin, agent, wanted);
      const mine = counts;
      mine.sent++;
      mine[outcome.kind]++;
      if ('reason' in outcome && mine.reasons.length < REASONS_KEPT) {
        mine.reasons.push(`${wanted.method} ${wanted.path}: ${outcome.reason}`);
      }
      if (outcome.kind === 'resets') {
        const again = await send(options.origin, agent, wanted);
        if (again.kind === 'ok') mine.retriedOk++;
        else if ('reason' in again) mine.reasons.push(`retried: ${again.reason}`);
      }
      await new Promise((resolve) => setTimeout(resolve, options.pauseMs));
    }
    agent.destroy();
  }

  const running = Array.from({ length: options.connections }, (_, i) => runConnection(i));
  const take = (): LoadReport => {
    const taken = counts;
    counts = emptyCounts();
    return taken;
  };
  return {
    take,
    async stop() {
      stopping.abort();
      await Promise.all(running);
      return take();
    },
  };
}

function emptyCounts() {
  return {
    sent: 0,
    ok: 0,
    unknown: 0,
    failed: 0,
    resets: 0,
    retriedOk: 0,
    truncated: 0,
    reasons: [] as string[],
  };
}

function send(origin: string, agent: Agent, wanted: LoadRequest): Promise<Outcome> {
  return new Promise((resolve) => {
    const startedMs = performance.now();
    let hasAnswer = false;
    const lost = (reason: string): void => {
      resolve({ kind: hasAnswer ? 'truncated' : 'resets', reason });
    };
    const length =
      wanted.body === undefined ? {} : { 'content-length': Buffer.byteLength(wanted.body) };
    const outgoing = request(
      new URL(wanted.path, origin),
      { method: wanted.method, agent, headers: { ...length, ...wanted.headers } },
      (answer) => {
        hasAnswer = true;
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => chunks.push(chunk));
        answer.on('error', (error) => lost(error.message));
        answer.on('end', () => {
          const body = Buffer.concat(chunks).toString('utf8');
          if (!answer.complete) return lost('answer cut off');
          const { statusCode: status = 0, headers } = answer;
          const type = headers['content-type'] ?? '';
          const outcome = judge(wanted, { status, type, body, ms: performance.now() - startedMs });
          resolve(outcome.kind === 'failed' ? withSaid(outcome, headers) : outcome);
        });
      },
    );
    outgoing.setTimeout(REQUEST_TIMEOUT_MS, () => outgoing.destroy(new Error('no answer in time')));
    outgoing.on('error', (error) => lost(error.message));
    outgoing.end(wanted.body);
  });
}

function judge(wanted: LoadRequest, answer: LoadAnswer): Outcome {
  const reason = wanted.check(answer);
  if (reason === null) return { kind: 'ok' };
  const { status, body } = answer;
  const isUnknown = (status === 502 || status === 504) && /unknown/i.test(body);
  return wanted.method === 'POST' && isUnknown ? { kind: 'unknown' } : { kind: 'failed', reason };
}

/** What the site says of why. */
function withSaid<Failed extends { readonly reason: string }>(
  failed: Failed,
  headers: IncomingHttpHeaders,
): Failed {
  const said = [headers['service-health'], headers['proxy-status']].filter(Boolean).join('; ');
  return { ...failed, reason: said === '' ? failed.reason : `${failed.reason} (${said})` };
}

/** Adds reports up, for a table over many kills. */
export function addReports(reports: readonly LoadReport[]): LoadReport {
  const sum = emptyCounts();
  for (const report of reports) {
    for (const key of [
      'sent',
      'ok',
      'unknown',
      'failed',
      'resets',
      'retriedOk',
      'truncated',
    ] as const) {
      sum[key] += report[key];
    }
    sum.reasons.push(...report.reasons.slice(0, REASONS_KEPT - sum.reasons.length));
  }
  return sum;
}
