import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { SignJWT } from 'jose';
import {
  AUDIENCE,
  cameByHttps,
  cookieName,
  ISSUER,
  type Session,
  type Volunteer,
} from '../../shared/session.ts';

/**
 * How long a token is good for. It is also the longest that a session which was ended elsewhere
 * goes on: nobody is asked about a token before it is renewed.
 */
const LIFETIME_MS = 30 * 60_000;

export interface SessionKeys {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

/** `SESSION_KEY`: base64 of the PKCS #8 form of an Ed25519 key. Throws when it is none. */
export function sessionKeys(base64: string | undefined): SessionKeys {
  if (base64 === undefined) throw new Error('SESSION_KEY is not set');
  const privateKey = createPrivateKey({
    key: Buffer.from(base64, 'base64'),
    format: 'der',
    type: 'pkcs8',
  });
  return { privateKey, publicKey: createPublicKey(privateKey) };
}

export interface SignedSession {
  readonly token: string;
  readonly expiresAtMs: number;
}

/** A token that every service can check with the public key alone (RFC 7519, RFC 8037). */
export async function signSession(
  keys: SessionKeys,
  volunteer: Volunteer,
  epoch: number,
  nowMs: number,
): Promise<SignedSession> {
  const { id, name, email, county, role } = volunteer;
  const issuedAt = Math.floor(nowMs / 1_000);
  const expiresAt = issuedAt + LIFETIME_MS / 1_000;
  const token = await new SignJWT({ name, email, county, role, epoch })
    .setProtectedHeader({ alg: 'EdDSA', typ: 'JWT' })
    .setIssuer(ISSUER)
    .setAudience(AUDIENCE)
    .setSubject(id)
    .setIssuedAt(issuedAt)
    .setExpirationTime(expiresAt)
    .sign(keys.privateKey);
  return { token, expiresAtMs: expiresAt * 1_000 };
}

/** Half its life over: time to ask whether the account is still welcome. */
export function isDue(session: Session, nowMs: number): boolean {
  return nowMs - session.issuedAtMs > LIFETIME_MS / 2;
}

/**
 * The cookie with a token; '' takes it away. Scripts cannot read it, other sites cannot send it
 * with a write, and over https it never goes out in the clear.
 */
export function sessionCookie(request: Request, token: string): string {
  const seconds = token === '' ? 0 : LIFETIME_MS / 1_000;
  const secure = cameByHttps(request) ? '; Secure' : '';
  return `${cookieName(request)}=${token}; Path=/; Max-Age=${seconds}; HttpOnly; SameSite=Lax${secure}`;
}
