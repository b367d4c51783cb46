import { Agent as HttpAgent } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { Duplex } from 'node:stream';
import { needVariable, viaVariable } from '../contract/environment.ts';
import { holdUntilDropped } from './drop.ts';
import { NeedLostError } from './need-lost-error.ts';
import { throwWhereLost, toResponse } from './need-answer.ts';
import { needReports } from './need-reports.ts';
import { sendToNeed } from './need-request.ts';
import { needPolicy } from './settings.ts';

/** What holds where the manifest says nothing, as when a service is run by hand. */
const ALONE = { timeoutMs: 3_000, inFlight: 32, isProxied: false } as const;
/** How long a failure is worth telling when nobody tries again. */
const REPORTED_MS = 10_000;
/** A body is held whole, for it may have to be sent twice. */
const MOST_BODY_BYTES = 16 * 1024 * 1024;

/** Methods that change nothing (RFC 9110, 9.2.1): without an answer, nothing was done. */
const safe = new Set(['GET', 'HEAD', 'OPTIONS']);

interface Target {
  /** Without the user and password of the need's URL. */
  readonly base: URL;
  /** Made of these, where it has them. */
  readonly authorization: string | null;
  readonly timeoutMs: number;
  readonly inFlight: number;
  /** The site stands in front of it. */
  readonly isProxied: boolean;
  readonly agent: HttpAgent | HttpsAgent;
  /** How many calls are under way. */
  calls: number;
}

const targets = new Map<string, Target>();

/**
 * Calls an `http` or `feature` need at `path` below its URL. Every status is an answer, redirects
 * too; what cannot be had in time is NeedLostError for the need, also where its proxy says so.
 * Calls beyond the bound of the manifest are refused at once, and no write is sent twice. Request
 * id and trace of the request under way go on. The deadline covers the whole answer: whoever reads
 * its body then, or when it breaks off, gets NeedLostError. Its outcome is `unknown` where a
 * request that may change something was sent. A path that would leave that URL (`../`) and a body
 * beyond 16 MiB are plain errors.
 */
export async function fetchFrom(
  need: string,
  path: string,
  init: RequestInit = {},
): Promise<Response> {
  const target = targetOf(need);
  const asked = new Request(urlBelow(need, target.base, path), init);
  if (target.calls >= target.inFlight) throw new NeedLostError(need, 'too many in flight');
  const leave = enter(target);
  const deadline = AbortSignal.timeout(target.timeoutMs);
  const signal = AbortSignal.any([deadline, asked.signal]);
  try {
    const body = await readBody(need, asked, signal);
    return await exchange(need, target, body, {
      asked,
      deadline,
      signal,
      leave,
      reach: { seen: false },
    });
  } catch (error) {
    leave();
    if (error instanceof NeedLostError) throw error;
    if (asked.signal.aborted) throw asked.signal.reason;
    if (!deadline.aborted) throw error;
    throw new NeedLostError(need, `no answer in ${target.timeoutMs} ms`, { cause: error });
  }
}

/** Counts a call as under way until what is returned is called, however often that is. */
function enter(target: Target): () => void {
  let isIn = true;
  target.calls++;
  return () => {
    if (isIn) target.calls--;
    isIn = false;
  };
}

/** What the caller sends, whole; a body that fails or comes too late is no failure of the need. */
async function readBody(need: string, asked: Request, signal: AbortSignal): Promise<Buffer | null> {
  if (asked.body === null) return null;
  const reader = asked.body.getReader();
  const stop = (): void => void reader.cancel(signal.reason).catch(() => undefined);
  signal.addEventListener('abort', stop, { once: true });
  const parts: Uint8Array[] = [];
  let bytes = 0;
  try {
    while (!signal.aborted) {
      const { done, value } = await reader.read();
      if (done) break;
      bytes += value.length;
      if (bytes > MOST_BODY_BYTES) {
        stop();
        throw new Error(`a call to ${need} has a body of more than ${MOST_BODY_BYTES} bytes`);
      }
      parts.push(value);
    }
  } finally {
    signal.removeEventListener('abort', stop);
  }
  signal.throwIfAborted();
  return Buffer.concat(parts);
}

interface Call {
  readonly asked: Request;
  readonly deadline: AbortSignal;
  readonly signal: AbortSignal;
  readonly reach: { seen: boolean };
  /** Called once the answer is over. */
  readonly leave: () => void;
}

async function exchange(
  need: string,
  target: Target,
  body: Buffer | null,
  call: Call,
): Promise<Response> {
  const { asked, leave } = call;
  const { authorization, agent } = target;
  let answer: IncomingMessage | null = null;
  try {
    answer = await sendToNeed({ ...call, body, authorization, agent });
    answer.once('close', leave);
    if (target.isProxied) throwWhereLost(answer);
    const response = toResponse(answer, asked.method, (error) => lost(need, target, call, error));
    needReports.up(need);
    return response;
  } catch (error) {
    answer?.destroy();
    throw lost(need, target, call, error);
  }
}

/** What the caller is told, now or while it reads the body; its own wish is no loss. */
function lost(need: string, { timeoutMs }: Target, call: Call, error: unknown): unknown {
  const { asked, deadline, reach } = call;
  if (asked.signal.aborted) return asked.signal.reason;
  needReports.down(need, REPORTED_MS);
  const reason = deadline.aborted ? `no answer in ${timeoutMs} ms` : inWords(error);
  const outcome = reach.seen && !safe.has(asked.method) ? 'unknown' : 'nothing-done';
  return new NeedLostError(need, reason, { outcome, cause: error });
}

function targetOf(need: string): Target {
  const known = targets.get(need);
  if (known !== undefined) return known;
  const url = process.env[needVariable(need)];
  if (url === undefined || url === '') {
    throw new Error(`nothing says where ${need} is: name it under \`needs\` in service.yaml`);
  }
  const { base, authorization } = readNeedUrl(need, url);
  const { timeoutMs, inFlight, isProxied = false } = needPolicy(need) ?? ALONE;
  const options = { keepAlive: true, maxSockets: inFlight, maxFreeSockets: inFlight };
  const agent = base.protocol === 'https:' ? new HttpsAgent(options) : new HttpAgent(options);
  connectVia(agent, process.env[viaVariable(need)]);
  const target: Target = { base, authorization, timeoutMs, inFlight, isProxied, agent, calls: 0 };
  targets.set(need, target);
  holdUntilDropped(() => {
    targets.delete(need);
    agent.destroy();
  });
  return target;
}

/** Parts a URL from its user and password, which no message may ever repeat. */
function readNeedUrl(need: string, url: string): Pick<Target, 'base' | 'authorization'> {
  const base = URL.parse(url);
  if (base === null) throw new Error(`${needVariable(need)} is not a URL`);
  const { username, password } = base;
  base.username = '';
  base.password = '';
  if (username === '' && password === '') return { base, authorization: null };
  const pair = `${decoded(username)}:${decoded(password)}`;
  return { base, authorization: `Basic ${Buffer.from(pair).toString('base64')}` };
}

/** A stray `%` stands for itself. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/**
 * Connects to a link of ours in place of the URL's host; Host header, server name and certificate
 * stay those of the URL.
 */
function connectVia(agent: HttpAgent | HttpsAgent, via: string | undefined): void {
  if (via === undefined || via === '') return;
  const { hostname, port } = new URL(`tcp://${via}`);
  const link = { host: hostname.replace(/^\[(.*)\]$/, '$1'), port: Number(port) };
  const connect = agent.createConnection.bind(agent) as Connect;
  agent.createConnection = ((options, told) => connect({ ...options, ...link }, told)) as Connect;
}

type Connect = (options: object, told?: (error: Error | null, stream: Duplex) => void) => Duplex;

/**
 * `path` is what comes after the base URL, whose own path stays before it. Throws where dot
 * segments lead out of that.
 */
function urlBelow(need: string, base: URL, path: string): URL {
  const [target = '', query] = path.split(/\?(.*)/s, 2);
  const url = new URL(base);
  const above = `${base.pathname.replace(/\/$/, '')}/`;
  url.pathname = `${above}${target.replace(/^\//, '')}`;
  url.search = query ?? '';
  if (!url.pathname.startsWith(above)) throw new Error(`a path leaves the URL of ${need}`);
  return url;
}

function inWords(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code } = error as { readonly code?: unknown };
  return typeof code === 'string' ? code : error.message;
}
