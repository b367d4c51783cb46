import type { IncomingMessage, ServerResponse } from 'node:http';
import { PERSON, PERSON_HEADER } from '../../contract/person.ts';
import { TurnoutError } from '../../lib/errors.ts';
import type { Log } from '../../lib/log.ts';
import { refuseAccess } from './access.ts';
import { matchRoute } from './api-routes.ts';
import { journalAsking } from './journal-asking.ts';
import { HYSTRIX_PATH, type HystrixStream } from './hystrix/hystrix-stream.ts';
import type { Page, RenderPage, SiteControl } from './site-control.ts';

export interface ApiHandlerOptions {
  readonly control: SiteControl;
  readonly renderPage: RenderPage;
  readonly token: string;
  readonly hystrix: Pick<HystrixStream, 'open'>;
  readonly log: Log;
  /** How long an answer may lie there with nobody taking any of it. */
  readonly stalledMs?: number;
}

/** Most changes carry no body; one this large is somebody's mistake or worse. */
const bodyLimitBytes = 64 * 1024;
const largestBodyBytes = 4 * 1024 * 1024;

const statusOfCode: Readonly<Record<string, number>> = {
  'host-refused': 421,
  'origin-refused': 403,
  'token-required': 401,
  'query-invalid': 400,
  'target-invalid': 400,
  'body-too-large': 413,
  'method-not-allowed': 405,
  'not-found': 404,
  'instance-unknown': 404,
  'job-unknown': 404,
  'job-not-now': 409,
  'keeper-not-running': 409,
  'resource-unknown': 404,
  'member-unknown': 404,
  'resource-elsewhere': 409,
  'resource-not-up': 409,
  'member-not-a-replica': 409,
  'member-is-primary': 409,
  'no-replica-to-promote': 409,
  'primary-is-well': 409,
  'primary-not-up': 409,
  'promotion-not-confirmed': 409,
  'promotion-opened': 409,
  'promotion-perhaps-opened': 409,
  'promotion-replaced': 409,
  'promotion-under-way': 409,
  'body-invalid': 400,
  'table-entry-invalid': 400,
  'table-unknown': 404,
  'table-entry-unknown': 404,
  'table-entry-changed': 409,
  'flag-unknown': 404,
  'flag-not-set': 404,
  'flag-value-invalid': 400,
  'flags-full': 409,
  'flags-contended': 409,
  'ban-too-wide': 409,
  'table-full': 409,
  'write-change-invalid': 400,
  'write-unknown': 404,
  'write-not-dead': 409,
  'write-unreadable': 409,
  'write-too-large': 413,
  'writes-full': 503,
  'writes-overloaded': 503,
  'disk-full': 503,
  'manifest-refused': 422,
  'too-many-streams': 503,
  starting: 503,
};

/** A client that takes nothing of its answer for so long is not there any more. */
const STALLED_MS = 30_000;

const securityHeaders: Readonly<Record<string, string>> = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
  // For JSON, which needs nothing; a page brings its own.
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
};

/**
 * Answers one request on the console port (`peer` is its address) or on the Unix socket (`peer`
 * null).
 */
export async function handleApiRequest(
  options: ApiHandlerOptions,
  request: IncomingMessage,
  response: ServerResponse,
  peer: string | null,
): Promise<void> {
  try {
    const page = await answer(options, request, peer);
    if (page === 'hystrix') options.hystrix.open(request, response);
    else send(options, request, response, page);
  } catch (error) {
    const known = error instanceof TurnoutError;
    if (!known)
      options.log.error('request failed', { url: request.url ?? '', reason: stack(error) });
    send(options, request, response, problem(known ? error : internalError));
  }
}

async function answer(
  options: ApiHandlerOptions,
  request: IncomingMessage,
  peer: string | null,
): Promise<Page | 'hystrix'> {
  const method = request.method ?? 'GET';
  const refusal = refuseAccess({ method, headers: request.headers, peer }, options.token);
  if (refusal !== null) throw refusal;
  const url = readTarget(request.url ?? '/');
  const match = matchRoute(method, url.pathname);
  if (match.kind === 'wrong-method') throw methodNotAllowed(method, match.allow);
  if (match.kind === 'found') {
    const body = await readBody(request, match.route.takesBody === true);
    const who = peer === null ? personOf(request) : 'api';
    const asked = { id: match.id, query: url.searchParams, body, who };
    const { asks, handle } = match.route;
    if (asks !== undefined) {
      await journalAsking(asks, asked, options.control.journal, options.log);
    }
    return json(200, await handle(options.control, asked));
  }
  if (method !== 'GET' && method !== 'HEAD') throw methodNotAllowed(method, 'GET, HEAD');
  if (url.pathname === HYSTRIX_PATH) return 'hystrix';
  const page = await options.renderPage({ path: url.pathname, query: url.searchParams });
  if (page === null) throw notFound(url.pathname);
  return page;
}

/**
 * Who uses the command. The socket is this user's alone, so what it says is believed; over HTTP
 * anybody who has the token could say anything.
 */
function personOf({ headers }: IncomingMessage): string {
  const name = headers[PERSON_HEADER];
  return typeof name === 'string' && PERSON.test(name) ? name : 'cli';
}

/** Always a path here, also where it begins with two slashes and could be taken for a host. */
function readTarget(target: string): URL {
  const url = target.startsWith('/') ? URL.parse(`http://console${target}`) : URL.parse(target);
  if (url !== null) return url;
  throw new TurnoutError(
    'target-invalid',
    `${JSON.stringify(target.slice(0, 200))} is no address of the console.`,
    'Begin at /.',
  );
}

/** The body as text; where none is wanted it is read and forgotten. */
async function readBody(request: IncomingMessage, isWanted: boolean): Promise<string> {
  const limitBytes = isWanted ? largestBodyBytes : bodyLimitBytes;
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > limitBytes) {
      throw new TurnoutError(
        'body-too-large',
        `The request body is larger than ${limitBytes} bytes.`,
        isWanted ? 'Send fewer changes at once.' : 'Send none: this call takes no body.',
      );
    }
    if (isWanted) chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function send(
  options: ApiHandlerOptions,
  request: IncomingMessage,
  response: ServerResponse,
  page: Page,
): void {
  if (response.destroyed) return;
  const body = Buffer.from(page.body);
  // A body that was not read would be taken for the next request's head.
  const rest = request.complete ? {} : { connection: 'close' };
  response.setTimeout(options.stalledMs ?? STALLED_MS, () => response.destroy());
  response.writeHead(page.status, {
    ...securityHeaders,
    ...page.headers,
    ...rest,
    'content-length': body.length,
  });
  response.end(request.method === 'HEAD' ? undefined : body);
}

function json(status: number, value: unknown, type = 'application/json'): Page {
  const headers = { 'content-type': `${type}; charset=utf-8` };
  return { status, headers, body: `${JSON.stringify(value, null, 2)}\n` };
}

/** RFC 9457. */
function problem(error: TurnoutError): Page {
  const status = statusOfCode[error.code] ?? 500;
  const { code, message, remedy } = error;
  const page = json(
    status,
    { title: code, status, detail: message, remedy, code },
    'application/problem+json',
  );
  if (status !== 401) return page;
  const challenge = 'Bearer realm="turnout", Basic realm="turnout console", charset="UTF-8"';
  return { ...page, headers: { ...page.headers, 'www-authenticate': challenge } };
}

function methodNotAllowed(method: string, allow: string): TurnoutError {
  return new TurnoutError(
    'method-not-allowed',
    `${method.slice(0, 20)} is not possible here.`,
    `Use ${allow}.`,
  );
}

function notFound(path: string): TurnoutError {
  return new TurnoutError(
    'not-found',
    `There is nothing at ${JSON.stringify(path.slice(0, 200))}.`,
    'Begin at /.',
  );
}

const internalError = new TurnoutError(
  'internal',
  'The controller failed to answer.',
  'Its log says why: `turnout logs --process controller`.',
);

function stack(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
