import { randomUUID } from 'node:crypto';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { SERVICE_HEALTH, formatServiceHealth } from '../../contract/service-health.ts';
import { log } from '../log.ts';
import { needReports } from '../need-reports.ts';
import { requestContext } from '../request-context.ts';
import { json, problem } from './answers.ts';
import { answerError } from './error-answer.ts';
import type { Context, Handler } from './handler.ts';
import { RequestProblem } from './request-problem.ts';
import { RouteTable } from './route-table.ts';
import { sendResponse } from './send-response.ts';
import { requestUrl, toRequest } from './to-request.ts';

/** What answers; exactly one of the three. */
export type Application =
  | { readonly routes: Readonly<Record<string, Handler>> }
  | { readonly fetch: (request: Request) => Response | Promise<Response> }
  | { readonly listener: RequestListener };

export interface AnswerOptions {
  /** The path at which health is asked. */
  readonly health: string;
  readonly bodyBytes: number;
  readonly slowMs: number;
  /** From when on connections are ended, and health says no. */
  readonly draining: () => boolean;
}

const REQUEST_ID = /^[\x21-\x7e]{1,128}$/;

/** Makes Node's listener of an application: health, request id, `Service-Health`, errors, log. */
export function answerRequests(
  application: Application,
  options: AnswerOptions,
): (incoming: IncomingMessage, outgoing: ServerResponse) => void {
  const answer = toAnswer(application, options.bodyBytes);
  return (incoming, outgoing) => {
    const requestId = requestIdOf(incoming);
    const context = {
      requestId,
      traceparent: single(incoming.headers['traceparent']),
      tracestate: single(incoming.headers['tracestate']),
    };
    requestContext.run(context, () => {
      const told = tellHealth(outgoing);
      outgoing.setHeader('x-request-id', requestId);
      if (options.draining()) outgoing.setHeader('connection', 'close');
      if (pathOf(incoming) === options.health) {
        return answerHealth(incoming, outgoing, options.draining());
      }
      logWhenSlowOrFailed(incoming, outgoing, told, options.slowMs);
      outgoing.once('finish', () => {
        // What nobody read of a body is read away, or the connection could not be used again.
        if (!incoming.complete) incoming.resume();
      });
      answer(incoming, outgoing).catch((error: unknown) => {
        if (outgoing.headersSent) {
          if (!outgoing.destroyed) log.error('an answer broke off', { error });
          outgoing.destroy();
          return;
        }
        const { response, lost } = answerError(error);
        told.lost = lost;
        forgetHeaders(outgoing);
        void sendResponse(response, outgoing, incoming.method ?? 'GET');
      });
    });
  };
}

type Answer = (incoming: IncomingMessage, outgoing: ServerResponse) => Promise<void>;

function toAnswer(application: Application, bodyBytes: number): Answer {
  if ('listener' in application) {
    return async (incoming, outgoing) => {
      await application.listener(incoming, outgoing);
    };
  }
  const handle = 'fetch' in application ? application.fetch : routed(application.routes);
  return async (incoming, outgoing) => {
    const url = requestUrl(incoming);
    const gone = new AbortController();
    outgoing.once('close', () => {
      if (!outgoing.writableFinished) gone.abort(new Error('the client has gone'));
    });
    const request = toRequest(incoming, url, gone.signal, bodyBytes);
    const response = await handle(request, url, gone.signal);
    await sendResponse(response, outgoing, incoming.method ?? 'GET');
  };
}

function routed(
  routes: Readonly<Record<string, Handler>>,
): (request: Request, url: URL, signal: AbortSignal) => Response | Promise<Response> {
  const table = new RouteTable(routes);
  return (request, url, signal) => {
    const match = table.match(request.method, url.pathname);
    switch (match.kind) {
      case 'nothing':
        return problem(404, 'Not found', 'There is nothing at this address.');
      case 'malformed':
        throw new RequestProblem(400, 'Bad request', 'The path cannot be decoded.');
      case 'other-method': {
        const detail = `This address takes ${match.allow.join(', ')}.`;
        const response = problem(405, 'Method not allowed', detail);
        response.headers.set('allow', match.allow.join(', '));
        return response;
      }
      case 'route': {
        const { requestId } = requestContext.getStore() ?? { requestId: '' };
        const context: Context = { params: match.params, url, requestId, signal };
        return match.handler(request, context);
      }
    }
  };
}

function answerHealth(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  draining: boolean,
): void {
  const body = { state: draining ? 'draining' : 'ready', needs: needReports.current() };
  void sendResponse(json(draining ? 503 : 200, body), outgoing, incoming.method ?? 'GET');
}

/** Of the answer that failed: its encoding, its cookies and its lifetime are not the error's. */
function forgetHeaders(outgoing: ServerResponse): void {
  for (const name of outgoing.getHeaderNames()) {
    if (!ofEveryAnswer.has(name)) outgoing.removeHeader(name);
  }
}

const ofEveryAnswer = new Set(['connection', 'x-request-id']);

interface Told {
  /** The need that this request failed for. */
  lost: string | null;
  /** When the head of the answer went out. */
  headAtMs: number | null;
}

/**
 * Writes `Service-Health` when the head goes out, whoever sends it, for only then is it known what
 * the request found lost.
 */
function tellHealth(outgoing: ServerResponse): Told {
  const told: Told = { lost: null, headAtMs: null };
  const writeHead = outgoing.writeHead.bind(outgoing);
  outgoing.writeHead = ((...head: Parameters<typeof outgoing.writeHead>) => {
    told.headAtMs ??= performance.now();
    const health = formatServiceHealth(needReports.current(told.lost));
    if (!outgoing.headersSent) outgoing.setHeader(SERVICE_HEALTH, health);
    return writeHead(...head);
  }) as typeof outgoing.writeHead;
  return told;
}

/** The time counts to the head, for a stream may be long. Paths are without their query. */
function logWhenSlowOrFailed(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  told: Told,
  slowMs: number,
): void {
  const startedMs = performance.now();
  const { method } = incoming;
  outgoing.once('close', () => {
    const { statusCode: status } = outgoing;
    const ms = Math.round((told.headAtMs ?? performance.now()) - startedMs);
    if (status < 500 && ms < slowMs) return;
    const fields = { method, path: pathOf(incoming), status, ms };
    if (status >= 500) log.error('request failed', fields);
    else log.warn('request slow', fields);
  });
}

function requestIdOf(incoming: IncomingMessage): string {
  const given = single(incoming.headers['x-request-id']);
  return given !== null && REQUEST_ID.test(given) ? given : randomUUID();
}

function pathOf({ url = '/' }: IncomingMessage): string {
  return url.split('?', 1)[0] ?? url;
}

function single(header: string | readonly string[] | undefined): string | null {
  return typeof header === 'string' ? header : null;
}
