import { createHash, timingSafeEqual } from 'node:crypto';

/**
 * Whether an `Authorization` header brings this token: as a bearer token, or as the password of the
 * form a browser shows (RFC 7617). Takes the same time wherever they differ.
 */
export function carriesToken(authorization: string | undefined, token: string): boolean {
  const [scheme, credentials] = (authorization ?? '').split(' ', 2);
  if (credentials === undefined) return false;
  switch (scheme?.toLowerCase()) {
    case 'bearer':
      return equalInConstantTime(credentials, token);
    case 'basic': {
      const [, password] = Buffer.from(credentials, 'base64').toString('utf8').split(':', 2);
      return equalInConstantTime(password ?? '', token);
    }
    default:
      return false;
  }
}

/**
 * Digests have one length, whatever was sent, and comparing them tells nothing of where they
 * differ.
 */
function equalInConstantTime(a: string, b: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}
