import type { Socket } from 'node:net';
import type { RawOrigin } from '../../support/raw-http.ts';

/** One way in which proxies are known to fail. */
export interface Trap {
  /** A claim about a good proxy. */
  readonly claim: string;
  /**
   * What the origin does with a connection; by default it answers every request with a short 200.
   */
  readonly origin?: (socket: Socket, heard: string) => void;
  /** Throws when the proxy is caught. */
  readonly run: (proxyPort: number, origin: RawOrigin) => Promise<void>;
  /**
   * Which naive proxy is caught: the one made of `node:http`, or, where Node's parser happens to
   * save that one, the one that knows no HTTP library; `observed` says then what Node did.
   */
  readonly catches: 'naive' | { readonly naiver: string };
}

/** Answers each complete bodyless request with `answer`. */
export function answering(answer: string): (socket: Socket, heard: string) => void {
  return (socket, heard) => {
    if (heard.endsWith('\r\n\r\n')) socket.write(answer, 'latin1');
  };
}

export const shortAnswer = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
export const get = 'GET / HTTP/1.1\r\nHost: site.example\r\n\r\n';
