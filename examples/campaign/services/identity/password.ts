import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';

/** What OWASP's cheat sheet asks of scrypt, in its form with the least memory: 16 MiB a hash. */
const COST = { N: 2 ** 14, r: 8, p: 5 };
const KEY_BYTES = 32;
const SALT_BYTES = 16;

/** Compared with where there is no account, so that an answer takes as long and tells nothing. */
const NOBODY = `scrypt$${'A'.repeat(22)}==$${'A'.repeat(43)}=`;

/** `scrypt$SALT$KEY`, both in base64. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  const key = await derive(password, salt);
  return `scrypt$${salt.toString('base64')}$${key.toString('base64')}`;
}

/** Whether the password is the one of the hash; null, for no account, is never. */
export async function isPassword(password: string, hash: string | null): Promise<boolean> {
  const [, salt = '', key = ''] = (hash ?? NOBODY).split('$');
  const derived = await derive(password, Buffer.from(salt, 'base64'));
  const isEqual = timingSafeEqual(derived, Buffer.from(key, 'base64'));
  return isEqual && hash !== null;
}

function derive(password: string, salt: Buffer): Promise<Buffer> {
  return new Promise((done, reject) => {
    // One spelling of a letter with an accent is as good as the other.
    scrypt(password.normalize('NFKC'), salt, KEY_BYTES, COST, (error, key) => {
      if (error === null) done(key);
      else reject(error);
    });
  });
}
