import { connect as connectTcp, type OnReadOpts, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

/** Where a connection goes, with nothing left to look up. */
export interface Origin {
  /** An IP address. */
  readonly address: string;
  readonly port: number;
  /** Null for plain TCP. */
  readonly tls: { readonly servername: string } | null;
  /**
   * The Host to send; null passes on the client's. With TLS the name asked for and the Host must
   * agree.
   */
  readonly hostHeader: string | null;
  /** Somebody else's, who is told nothing of our clients. */
  readonly isPartner: boolean;
}

/** Opens a connection; TLS where the origin asks for it, with its certificate verified. */
export function openSocket(origin: Origin, onread: OnReadOpts): Socket {
  const { address: host, port, tls } = origin;
  const options = { host, port, noDelay: true, keepAlive: true, onread };
  return tls === null
    ? connectTcp(options)
    : connectTls({ ...options, servername: tls.servername });
}
