import type { Duplex } from 'node:stream';

import { type Answer, header } from '../../exchange.ts';
import { headText } from './head-text.ts';

/**
 * Answers a request to switch protocols: with the tunnel, or with the refusal as the last answer of
 * the connection.
 */
export function sendUpgrade(answer: Answer, socket: Duplex, added: readonly string[]): void {
  const { tunnel, body } = answer;
  const headers = [...answer.headers, ...(answer.more ?? []), ...added];
  if (tunnel !== undefined) {
    socket.write(headText(101, [...headers, 'connection', 'upgrade']), 'latin1');
    joinBoth(socket, tunnel);
    return;
  }
  if (body instanceof Uint8Array && header(headers, 'content-length') === undefined) {
    headers.push('content-length', String(body.length));
  }
  // A stream without a length ends with the connection.
  headers.push('connection', 'close', 'date', new Date().toUTCString());
  socket.on('error', () => undefined);
  socket.write(headText(answer.status, headers, answer.reason), 'latin1');
  if (body === null || body instanceof Uint8Array) socket.end(body);
  else {
    body.once('error', () => socket.destroy());
    socket.once('close', () => body.destroy());
    body.pipe(socket);
  }
}

/** What one side says the other hears; when one is gone, so is the other. */
function joinBoth(client: Duplex, service: Duplex): void {
  client.on('error', () => service.destroy());
  service.on('error', () => client.destroy());
  client.once('close', () => service.destroy());
  service.once('close', () => client.destroy());
  client.pipe(service);
  service.pipe(client);
}
