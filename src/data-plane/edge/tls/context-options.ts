import { constants } from 'node:crypto';
import type { SecureContextOptions } from 'node:tls';

/**
 * What holds for every certificate alike. Sessions are told apart by the same word in every worker,
 * else none could be resumed at another one. A client that starts the handshake over and over on
 * one connection (TLS 1.2) is refused.
 */
export const contextOptions = {
  minVersion: 'TLSv1.2',
  secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
  sessionIdContext: 'turnout',
  sessionTimeout: 12 * 3_600,
} as const satisfies SecureContextOptions;
