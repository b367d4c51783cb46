import type { TLSSocket } from 'node:tls';

import { handshake } from './tls-client.ts';

export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  readonly payload: Buffer;
}

/** Frame types and flags (RFC 9113, section 6). */
export const frames = {
  data: 0,
  headers: 1,
  rstStream: 3,
  settings: 4,
  ping: 6,
  goAway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const;
export const END_STREAM = 1;
export const END_HEADERS = 4;

const preface = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';

/** A client of HTTP/2 that says exactly the frames it means, and keeps those that it gets. */
export class RawHttp2 {
  readonly socket: TLSSocket;
  readonly got: Frame[] = [];
  /** Why the connection ended; null while it stands. */
  ended: 'closed' | 'reset' | null = null;
  #pending: Buffer = Buffer.alloc(0);

  private constructor(socket: TLSSocket) {
    this.socket = socket;
    socket.on('data', (chunk: Buffer) => this.#read(chunk));
    socket.on('error', () => (this.ended ??= 'reset'));
    socket.on('close', () => (this.ended ??= 'closed'));
  }

  static async open(port: number, ca: string): Promise<RawHttp2> {
    const asking = { port, ca, name: 'site.example', ALPNProtocols: ['h2'] };
    const client = new RawHttp2(await handshake(asking));
    client.socket.write(preface);
    client.send(frames.settings, 0, 0);
    return client;
  }

  send(type: number, flags: number, stream: number, payload: Buffer = Buffer.alloc(0)): this {
    if (this.ended === null) this.socket.write(frame(type, flags, stream, payload));
    return this;
  }

  /** A request without a body, as one frame. */
  ask(stream: number, fields: readonly (readonly [string, string])[], more = END_STREAM): this {
    return this.send(frames.headers, END_HEADERS | more, stream, block(fields));
  }

  of(stream: number, type: number): Frame | undefined {
    return this.got.find((one) => one.stream === stream && one.type === type);
  }

  #read(chunk: Buffer): void {
    this.#pending = Buffer.concat([this.#pending, chunk]);
    while (this.#pending.length >= 9) {
      const length = this.#pending.readUIntBE(0, 3);
      if (this.#pending.length < 9 + length) return;
      this.got.push({
        type: this.#pending.readUInt8(3),
        flags: this.#pending.readUInt8(4),
        stream: this.#pending.readUInt32BE(5) & 0x7f_ff_ff_ff,
        payload: Buffer.from(this.#pending.subarray(9, 9 + length)),
      });
      this.#pending = this.#pending.subarray(9 + length);
    }
  }
}

export function frame(type: number, flags: number, stream: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** Fields as literals that are never indexed and not packed (RFC 7541, section 6.2.2). */
export function block(fields: readonly (readonly [string, string])[]): Buffer {
  const parts = fields.flatMap(([name, value]) => [Buffer.of(0), text(name), text(value)]);
  return Buffer.concat(parts);
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value, 'latin1');
  if (bytes.length < 127) return Buffer.concat([Buffer.of(bytes.length), bytes]);
  const length = [127];
  let rest = bytes.length - 127;
  for (; rest >= 128; rest = Math.floor(rest / 128)) length.push((rest % 128) + 128);
  return Buffer.concat([Buffer.from([...length, rest]), bytes]);
}

/** The pseudo fields of a plain request, with some that are other. */
export function request(
  more: Readonly<Record<string, string | null>> = {},
): readonly (readonly [string, string])[] {
  const all: Record<string, string | null> = {
    ':method': 'GET',
    ':scheme': 'https',
    ':authority': 'site.example',
    ':path': '/',
    ...more,
  };
  return Object.entries(all).flatMap(([name, value]) => (value === null ? [] : [[name, value]]));
}
