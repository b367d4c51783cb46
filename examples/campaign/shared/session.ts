import { createPublicKey, type KeyObject } from 'node:crypto';
import { jwtVerify } from 'jose';

/** Somebody who is signed in, as the token says; nobody else is asked. */
export interface Volunteer {
  readonly id: string;
  readonly name: string;
  readonly email: string;
  readonly county: string;
  readonly role: 'volunteer' | 'captain';
}

export interface Session {
  readonly volunteer: Volunteer;
  /** Raised whenever all sessions of the account shall end. */
  readonly epoch: number;
  /** Milliseconds since the epoch, as are the next. */
  readonly issuedAtMs: number;
  readonly expiresAtMs: number;
}

export const ISSUER = 'marlowe.example';
/** What a session is for: a token that the same key signs for anything else opens none. */
export const AUDIENCE = 'session';
/** Longer ones are none of ours, and are not worth a signature check. */
const LONGEST_TOKEN = 2_048;

/** `SESSION_KEY_PUBLIC`: base64 of the SPKI form of an Ed25519 key. Throws when it is none. */
export function publicKeyOf(base64: string | undefined): KeyObject {
  if (base64 === undefined) throw new Error('SESSION_KEY_PUBLIC is not set');
  return createPublicKey({ key: Buffer.from(base64, 'base64'), format: 'der', type: 'spki' });
}

/**
 * Who sent the request, by the signature of the session cookie alone: null when nobody is signed
 * in, or was too long ago.
 */
export async function readSession(request: Request, key: KeyObject): Promise<Session | null> {
  const token = cookieOf(request);
  if (token === null || token.length > LONGEST_TOKEN) return null;
  try {
    const { payload } = await jwtVerify(token, key, {
      algorithms: ['EdDSA'],
      issuer: ISSUER,
      audience: AUDIENCE,
      requiredClaims: ['aud', 'sub', 'iat', 'exp'],
    });
    const { sub = '', iat = 0, exp = 0, name, email, county, role, epoch } = payload;
    return {
      volunteer: {
        id: sub,
        name: String(name),
        email: String(email),
        county: String(county),
        role: role === 'captain' ? 'captain' : 'volunteer',
      },
      epoch: Number(epoch),
      issuedAtMs: iat * 1_000,
      expiresAtMs: exp * 1_000,
    };
  } catch {
    // Expired, forged, or signed with a key of before: in every case nobody is signed in.
    return null;
  }
}

/**
 * Whether the request reached the site over https. The gateway says so, whatever the client said,
 * and on all the way behind it there is no TLS to look at.
 */
export function cameByHttps(request: Request): boolean {
  return request.headers.get('x-forwarded-proto') === 'https';
}

/**
 * Over https a name that browsers take from this very host alone, and over https alone
 * (RFC 6265bis, 4.1.3.2): nobody can plant a session of their own from another host of the domain
 * or from a page in the clear. Without TLS, as on a laptop, browsers refuse such a name.
 */
export function cookieName(request: Request): string {
  return cameByHttps(request) ? '__Host-session' : 'session';
}

function cookieOf(request: Request): string | null {
  const expected = cookieName(request);
  for (const part of (request.headers.get('cookie') ?? '').split(';')) {
    const [name, value] = part.trim().split('=', 2);
    if (name === expected && value !== undefined && value !== '') return value;
  }
  return null;
}
