import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls';

export interface TlsHandshake extends Omit<ConnectionOptions, 'host' | 'path'> {
  readonly port: number;
  readonly ca: string;
  /** What is asked for in the handshake; null for nothing, and then no name is verified. */
  readonly name: string | null;
}

export interface TlsAsking extends TlsHandshake {
  /** Where it is not the name of the handshake. */
  readonly host?: string;
  readonly path?: string;
  /** Header lines, each with its CRLF. */
  readonly lines?: string;
}

export interface TlsAnswer {
  readonly status: number;
  readonly text: string;
  /** Host names in the certificate that was shown. */
  readonly shown: string;
  readonly resumed: boolean;
  readonly protocol: string | null;
  readonly alpn: string | null;
  /** For another connection that goes on with this session; null where none was given. */
  readonly session: Buffer | null;
}

/** One request on a TLS connection of its own; certificates are verified unless said otherwise. */
export async function askByTls(asking: TlsAsking): Promise<TlsAnswer> {
  const { host = asking.name ?? 'none.example', path = '/', lines = '', ...wanted } = asking;
  const socket = await handshake(wanted);
  let session: Buffer | null = null;
  socket.on('session', (given) => (session = given));
  // TLS 1.2 has given it by now, and says nothing of it again; 1.3 gives it after the handshake.
  const given = socket.getSession() ?? null;
  let text = '';
  socket.setEncoding('latin1').on('data', (chunk: string) => (text += chunk));
  const shown = socket.getPeerCertificate().subjectaltname ?? '';
  const resumed = socket.isSessionReused();
  const alpn = socket.alpnProtocol === false ? null : socket.alpnProtocol;
  const protocol = socket.getProtocol();
  socket.write(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\n${lines}Connection: close\r\n\r\n`);
  await new Promise<void>((resolve, reject) => {
    socket
      .on('end', resolve)
      .on('close', () => resolve())
      .on('error', reject);
  });
  socket.destroy();
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0);
  return { status, text, shown, resumed, protocol, alpn, session: session ?? given };
}

/** A connection whose handshake is done; rejects with why it failed. */
export function handshake({ name, ...asking }: TlsHandshake): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = connect({
      ALPNProtocols: ['http/1.1'],
      ...(name === null ? { checkServerIdentity: () => undefined } : { servername: name }),
      ...asking,
      host: '127.0.0.1',
    });
    socket.once('error', reject);
    socket.once('close', () => reject(new Error('closed before the handshake was done')));
    socket.once('secureConnect', () => {
      socket.removeAllListeners('close').removeListener('error', reject);
      resolve(socket);
    });
  });
}
