import type { Readable } from 'node:stream';

export type UpstreamRequestBody =
  | { readonly kind: 'whole'; readonly bytes: Uint8Array }
  | {
      readonly kind: 'stream';
      readonly stream: Readable;
      /** Null when the length is unknown: it is sent chunked. */
      readonly lengthBytes: number | null;
      readonly limitBytes: number;
      trailers(): readonly string[];
    };

export interface RequestBodyPump {
  /** True once all of the body was handed to the socket. */
  readonly done: boolean;
  /** The socket has room again. */
  resume(): void;
  stop(): void;
}

interface Sink {
  write(chunk: Uint8Array | string): boolean;
}

interface Progress {
  progressed(): void;
  failed(failure: 'body-too-large' | 'gone'): void;
}

/** Moves a body from client to service as fast as the slower of the two, never beyond its limit. */
export function pumpRequestBody(
  body: Extract<UpstreamRequestBody, { kind: 'stream' }>,
  sink: Sink,
  progress: Progress,
): RequestBodyPump {
  const { stream, lengthBytes, limitBytes } = body;
  let taken = 0;
  let done = false;
  const onData = (chunk: Buffer): void => {
    taken += chunk.length;
    if (taken > limitBytes) {
      progress.failed('body-too-large');
      return;
    }
    progress.progressed();
    if (!writeChunk(sink, chunk, lengthBytes === null)) stream.pause();
  };
  const onEnd = (): void => {
    done = true;
    if (lengthBytes === null) sink.write(lastChunk(body.trailers()));
  };
  const onClose = (): void => {
    if (!done) progress.failed('gone');
  };
  stream.on('data', onData).on('end', onEnd).on('close', onClose);
  return {
    get done() {
      return done;
    },
    resume: () => void stream.resume(),
    stop() {
      stream.off('data', onData).off('end', onEnd).off('close', onClose);
      if (!done) stream.pause();
    },
  };
}

function writeChunk(sink: Sink, chunk: Buffer, chunked: boolean): boolean {
  if (!chunked) return sink.write(chunk);
  sink.write(`${chunk.length.toString(16)}\r\n`);
  sink.write(chunk);
  return sink.write('\r\n');
}

function lastChunk(trailers: readonly string[]): string {
  let text = '0\r\n';
  for (let i = 0; i < trailers.length; i += 2) text += `${trailers[i]}: ${trailers[i + 1]}\r\n`;
  return `${text}\r\n`;
}
