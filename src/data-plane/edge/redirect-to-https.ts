import type { Answer, Exchange } from '../exchange.ts';
import { problemAnswer } from '../problems.ts';

/** Where certificates are proved from: by HTTP (RFC 8555, section 8.3), and never redirected. */
const ACME_PATH = '/.well-known/acme-challenge/';

/**
 * Sends who comes without TLS to the same address with it; null where there is nothing to redirect.
 * A client whose trusted hop says that it came with TLS is there already.
 */
export function redirectToHttps(exchange: Exchange, httpsPort: number): Answer | null {
  const { client, host, path, query } = exchange.request;
  if (client.scheme === 'https' || path === '*' || path.startsWith(ACME_PATH)) return null;
  if (host === '') {
    const detail = 'Say which host is meant, or use HTTPS.';
    return problemAnswer('bad-host', { detail, requestId: exchange.id });
  }
  const port = httpsPort === 443 ? '' : `:${httpsPort}`;
  const location = `https://${host}${port}${path}${query === null ? '' : `?${query}`}`;
  return { status: 308, headers: ['location', location], body: null };
}
