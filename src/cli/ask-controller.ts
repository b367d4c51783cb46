import { request } from 'node:http';
import { connect } from 'node:net';
import { PERSON, PERSON_HEADER } from '../contract/person.ts';
import type { StateFolder } from '../contract/state-folder.ts';
import { TurnoutError } from '../lib/errors.ts';
import type { JsonValue } from '../lib/json.ts';
import { withSocketPath } from '../lib/unix-socket-path.ts';
import { person } from './person.ts';

const defaultTimeoutMs = 10_000;
const replyLimitBytes = 32 * 1024 * 1024;

/**
 * Asks the running controller over its Unix socket. Rejects with `controller-unreachable` when none
 * answers, and with the controller's own code and remedy when it refuses.
 */
export async function askController(
  folder: StateFolder,
  method: 'GET' | 'POST',
  path: string,
  timeoutMs = defaultTimeoutMs,
  sent: JsonValue = null,
): Promise<JsonValue> {
  const text = sent === null ? '' : JSON.stringify(sent);
  const { status, body } = await send(folder.controllerSocket, method, path, timeoutMs, text);
  const value = JSON.parse(body) as JsonValue;
  if (status === 200) return value;
  const { code, detail, remedy } = value as Record<string, string>;
  throw new TurnoutError(code ?? 'internal', detail ?? `status ${status}`, remedy ?? '');
}

function send(
  socketFile: string,
  method: string,
  path: string,
  timeoutMs: number,
  text: string,
): Promise<{ readonly status: number; readonly body: string }> {
  return new Promise((resolve, reject) => {
    const fail = (cause: unknown): void => reject(unreachable(cause));
    const call = request(
      {
        createConnection: () => withSocketPath(socketFile, (usable) => connect(usable)),
        method,
        path,
        headers: { host: 'localhost', connection: 'close', ...named() },
        signal: AbortSignal.timeout(timeoutMs),
      },
      (response) => {
        let body = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => {
          body += chunk;
          if (body.length > replyLimitBytes) response.destroy(new Error('the reply is too large'));
        });
        response.on('error', fail);
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
      },
    );
    call.on('error', fail);
    call.end(text);
  });
}

function named(): Readonly<Record<string, string>> {
  const name = person();
  return PERSON.test(name) ? { [PERSON_HEADER]: name } : {};
}

function unreachable(cause: unknown): TurnoutError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new TurnoutError(
    'controller-unreachable',
    `The controller does not answer (${reason}).`,
    'If the site is up, the keeper starts it again within moments; `turnout up` brings both back.',
    { cause },
  );
}
