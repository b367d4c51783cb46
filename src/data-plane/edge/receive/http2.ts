import {
  constants,
  performServerHandshake,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';

import type { TimerWheel } from '../../../lib/timer-wheel.ts';
import type { ReceivedRequest } from '../admit/admit.ts';
import type { Refusal } from '../admit/refusal.ts';
import { Http2Request, readHttp2Head } from './http2-request.ts';
import type { ClientConnection } from './listener.ts';
import type { ReceiveLimits } from './node-http.ts';
import { boundBodyRate } from './slow-body.ts';

export type StreamHandler = (
  received: ReceivedRequest | Refusal,
  stream: ServerHttp2Stream,
  connection: ClientConnection,
  isHead: boolean,
) => void;

/** Streams of one connection at a time, as most servers have it. */
const MAX_STREAMS = 100;
/** Fields of one head, as in HTTP/1.1. */
const MAX_FIELDS = 256;
const WINDOW_BYTES = 1024 * 1024;
/** Streams that a client may open and reset in a burst, and for each second after it. */
const RESET_BURST = 200;
const RESETS_PER_SECOND = 20;
/** Pings and settings of one connection in each period; honest clients send one in many seconds. */
const MAX_CONTROL_FRAMES = 100;
const CONTROL_PERIOD_MS = 10_000;
const LINGER_MS = 1_000;

/**
 * Speaks HTTP/2 on a connection that TLS agreed on it for. Who sends much that asks for nothing
 * (resets, pings, settings, malformed frames) is told to calm down and gone.
 */
export function speakHttp2(
  connection: ClientConnection,
  limits: ReceiveLimits,
  wheel: TimerWheel,
  handle: StreamHandler,
): void {
  const session = performServerHandshake(connection.socket, {
    maxHeaderListPairs: MAX_FIELDS,
    maxSessionInvalidFrames: 100,
    maxSessionRejectedStreams: 100,
    streamResetBurst: RESET_BURST,
    streamResetRate: RESETS_PER_SECOND,
    settings: {
      enablePush: false,
      maxConcurrentStreams: MAX_STREAMS,
      maxHeaderListSize: limits.headBytes,
    },
  });
  session.setLocalWindowSize(WINDOW_BYTES);
  // The connection is over; whatever was under way hears of it by its stream.
  session.on('error', () => undefined);
  // Until the first request, then between requests: whole ones, however their bytes drip.
  // A head without end keeps a session that was told to close from closing by itself.
  const gone = wheel.arm(LINGER_MS, () => session.destroy());
  gone.cancel();
  const idle = wheel.arm(limits.headMs, () => {
    session.close();
    gone.rearm(LINGER_MS);
  });
  let streams = 0;
  session.on('stream', (stream, headers, _flags, raw: readonly string[]) => {
    stream.on('error', () => undefined);
    streams++;
    idle.cancel();
    const slow = stream.endAfterHeaders ? null : wheel.arm(limits.requestMs, tooSlow(stream));
    stream.once('end', () => slow?.cancel());
    stream.once('close', () => {
      slow?.cancel();
      streams--;
      if (streams === 0 && !session.destroyed) idle.rearm(limits.idleMs);
    });
    if (slow !== null) {
      const bytes = (): number => connection.accepted.bytesRead;
      boundBodyRate(stream, bytes, limits.bodyBytesPerSecond, wheel, tooSlow(stream));
    }
    const head = readHttp2Head(raw, limits.headBytes);
    const received = 'problem' in head ? head : new Http2Request(head, stream, connection);
    handle(received, stream, connection, headers[':method'] === 'HEAD');
    // In a planned stop this request is the last: GOAWAY names it, and at this moment the client
    // most likely waits for its answer and sends no other. What crosses with it all the same was
    // not processed and may be sent again elsewhere (RFC 9113, section 6.8).
    if (connection.closing) connection.farewell?.();
  });
  boundControlFrames(session, wheel);
  // The listener lets clients end their half; in HTTP/2 that is the end of all streams.
  connection.socket.once('end', () => session.destroy());
  session.once('close', () => {
    idle.cancel();
    gone.cancel();
    connection.socket.destroy();
  });
  connection.farewell = () => {
    if (!session.destroyed && !session.closed) session.close();
  };
}

function tooSlow(stream: ServerHttp2Stream): () => void {
  return () => stream.close(constants.NGHTTP2_CANCEL);
}

function boundControlFrames(session: ServerHttp2Session, wheel: TimerWheel): void {
  let sinceMs = wheel.nowMs;
  let seen = 0;
  const count = (): void => {
    if (wheel.nowMs - sinceMs > CONTROL_PERIOD_MS) {
      sinceMs = wheel.nowMs;
      seen = 0;
    }
    seen++;
    if (seen > MAX_CONTROL_FRAMES) session.destroy(undefined, constants.NGHTTP2_ENHANCE_YOUR_CALM);
  };
  session.on('ping', count);
  session.on('remoteSettings', count);
}
