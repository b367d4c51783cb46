import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import { SignJWT } from 'jose';
import { ISSUER, publicKeyOf, readSession, type Volunteer } from '../../shared/session.ts';
import { isDue, sessionCookie, sessionKeys, signSession, type SessionKeys } from './tokens.ts';

const grace: Volunteer = {
  id: '3f1d2c7a-8a51-8c53-8d0e-6a1f0e2b8c11',
  name: 'Grace Nakamura',
  email: 'grace@marlowe.example',
  county: 'ashby',
  role: 'volunteer',
};

/** Keys as the environment brings them: DER in base64, the public half apart. */
function newKeys(): { keys: SessionKeys; publicHalf: string } {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const base64 = privateKey.export({ format: 'der', type: 'pkcs8' }).toString('base64');
  const publicHalf = publicKey.export({ format: 'der', type: 'spki' }).toString('base64');
  return { keys: sessionKeys(base64), publicHalf };
}

function requestWith(token: string): Request {
  return new Request('http://site.test/', { headers: { cookie: `theme=dark; session=${token}` } });
}

test('who signed in is known elsewhere by the public half alone', async () => {
  const { keys, publicHalf } = newKeys();
  const { token, expiresAtMs } = await signSession(keys, grace, 3, Date.now());
  const session = await readSession(requestWith(token), publicKeyOf(publicHalf));
  assert.deepEqual(session?.volunteer, grace);
  assert.equal(session.epoch, 3);
  assert.equal(session.expiresAtMs, expiresAtMs);
});

test('a token of before, of another key, or changed on its way is nobody’s', async () => {
  const { keys } = newKeys();
  const other = newKeys().keys;
  const old = await signSession(keys, grace, 1, Date.now() - 31 * 60_000);
  const good = await signSession(keys, grace, 1, Date.now());
  const [head = '', body = '', signature = ''] = good.token.split('.');
  const captain = JSON.parse(Buffer.from(body, 'base64url').toString()) as object;
  const raised = Buffer.from(JSON.stringify({ ...captain, role: 'captain' })).toString('base64url');
  const unsigned = Buffer.from('{"alg":"none"}').toString('base64url');
  for (const token of [
    old.token,
    `${head}.${raised}.${signature}`,
    `${unsigned}.${body}.`,
    'x'.repeat(5_000),
    '',
  ]) {
    assert.equal(await readSession(requestWith(token), keys.publicKey), null, token.slice(0, 40));
  }
  assert.equal(await readSession(requestWith(good.token), other.publicKey), null);
  assert.equal(await readSession(new Request('http://site.test/'), keys.publicKey), null);
});

test('a token that the same key signed for something else opens no session', async () => {
  const { keys } = newKeys();
  const signed = (audience: string | null) => {
    const token = new SignJWT({ ...grace, epoch: 1 })
      .setProtectedHeader({ alg: 'EdDSA' })
      .setIssuer(ISSUER)
      .setSubject(grace.id)
      .setIssuedAt()
      .setExpirationTime('5 minutes');
    return (audience === null ? token : token.setAudience(audience)).sign(keys.privateKey);
  };
  const read = async (audience: string | null) =>
    readSession(requestWith(await signed(audience)), keys.publicKey);
  assert.equal(await read('unsubscribe'), null);
  assert.equal(await read(null), null);
  assert.equal((await read('session'))?.volunteer.id, grace.id);
});

test('a token is due for renewal after half its life', async () => {
  const { keys } = newKeys();
  const { token } = await signSession(keys, grace, 1, Date.now());
  const session = await readSession(requestWith(token), keys.publicKey);
  assert.ok(session !== null);
  assert.equal(isDue(session, session.issuedAtMs + 14 * 60_000), false);
  assert.equal(isDue(session, session.issuedAtMs + 16 * 60_000), true);
});

test('scripts and other sites cannot reach the cookie, and https keeps it from the clear', () => {
  const plain = new Request('http://site.test/');
  const tls = new Request('http://site.test/', { headers: { 'x-forwarded-proto': 'https' } });
  assert.equal(
    sessionCookie(plain, 'abc'),
    'session=abc; Path=/; Max-Age=1800; HttpOnly; SameSite=Lax',
  );
  assert.equal(
    sessionCookie(tls, 'abc'),
    '__Host-session=abc; Path=/; Max-Age=1800; HttpOnly; SameSite=Lax; Secure',
  );
  assert.match(sessionCookie(plain, ''), /^session=; Path=\/; Max-Age=0;/);
  // A browser takes one of that name away only for what could have set it.
  assert.match(sessionCookie(tls, ''), /^__Host-session=; Path=\/; Max-Age=0;.*; Secure$/);
});

test('over https only a cookie counts that this host alone can have set', async () => {
  const { keys } = newKeys();
  const { token } = await signSession(keys, grace, 1, Date.now());
  const who = async (name: string, proto: string) => {
    const headers = { cookie: `${name}=${token}`, 'x-forwarded-proto': proto };
    const session = await readSession(
      new Request('http://site.test/', { headers }),
      keys.publicKey,
    );
    return session?.volunteer.id ?? null;
  };
  assert.equal(await who('__Host-session', 'https'), grace.id);
  assert.equal(await who('session', 'https'), null, 'anybody of the domain can have planted it');
  assert.equal(await who('session', 'http'), grace.id);
  assert.equal(await who('__Host-session', 'http'), null, 'the one name is read, never the other');
});

test('beside one that was planted, the cookie of this host is read', async () => {
  const { keys } = newKeys();
  const own = await signSession(keys, grace, 1, Date.now());
  const planted = await signSession(keys, { ...grace, id: 'somebody else' }, 1, Date.now());
  const cookie = `session=${planted.token}; __Host-session=${own.token}`;
  const headers = { cookie, 'x-forwarded-proto': 'https' };
  const session = await readSession(new Request('http://site.test/', { headers }), keys.publicKey);
  assert.equal(session?.volunteer.id, grace.id);
});
