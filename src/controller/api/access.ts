import { BlockList, isIP } from 'node:net';
import type { IncomingHttpHeaders } from 'node:http';
import { carriesToken } from '../../lib/carries-token.ts';
import { TurnoutError } from '../../lib/errors.ts';

/** What is known of a request before anything is done for it. */
export interface AccessRequest {
  readonly method: string;
  readonly headers: IncomingHttpHeaders;
  /** Address of the peer; null on the Unix socket, whose file mode is the permission. */
  readonly peer: string | null;
}

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

/**
 * Why a request must be refused, or null when it may go on.
 *
 * A web page that somebody has open must not be able to ask this API: a Host that is a foreign name
 * means that the name was rebound to our address, and an Origin that is not ours means that another
 * site's script asks. Changes take the token, and so does everything from another machine.
 */
export function refuseAccess(request: AccessRequest, token: string): TurnoutError | null {
  if (request.peer === null) return null;
  const { host, origin } = request.headers;
  if (host === undefined || !isOwnHost(host)) {
    return new TurnoutError(
      'host-refused',
      `The console does not answer for the host ${JSON.stringify(host ?? '')}.`,
      'Use its address, such as http://127.0.0.1:8081, or http://localhost:8081.',
    );
  }
  if (origin !== undefined && origin !== `http://${host}` && origin !== `https://${host}`) {
    return new TurnoutError(
      'origin-refused',
      `A page of ${JSON.stringify(origin)} may not use the console.`,
      'Open the console itself, or call the API without an Origin header.',
    );
  }
  const reads = request.method === 'GET' || request.method === 'HEAD';
  if ((reads && isLoopback(request.peer)) || carriesToken(request.headers.authorization, token)) {
    return null;
  }
  return new TurnoutError(
    'token-required',
    reads ? 'Reading from another machine takes the token.' : 'Changes over HTTP take the token.',
    'Send `Authorization: Bearer TOKEN`, which is in run/token of the state folder, or use the command.',
  );
}

/**
 * `localhost` or an address as such: names can be rebound by whoever owns them, addresses cannot.
 */
function isOwnHost(host: string): boolean {
  const name = host.replace(/:\d{1,5}$/, '').toLowerCase();
  if (name === 'localhost') return true;
  const bracketed = /^\[(.*)\]$/.exec(name)?.[1];
  return bracketed === undefined ? isIP(name) === 4 : isIP(bracketed) === 6;
}

function isLoopback(peer: string): boolean {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(peer)?.[1];
  const address = mapped ?? peer;
  return loopback.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
}
