import { createCipheriv, createDecipheriv, createHash, createHmac, randomBytes } from 'node:crypto';

/** What queued writes are kept with, as it lies in the site's state folder. */
export interface WriteKeyFile {
  /** What order keys and status tokens are made with; it never changes, or order would be lost. */
  readonly order: string;
  /** What bodies are sealed with, the newest first; older ones open what was sealed with them. */
  readonly keys: readonly { readonly id: string; readonly key: string }[];
}

export const WRITE_KEY_BYTES = 32;
const KEY_ID = /^[0-9a-f]{8}$/;
const VERSION = 1;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const HEAD_BYTES = 1 + 8 + NONCE_BYTES;

/** How much longer what is sealed is than what is in it. */
export const SEAL_BYTES = HEAD_BYTES + TAG_BYTES;

/** Seals what is kept of a queued write (AES-256-GCM) and makes the names it is known by. */
export class WriteKeys {
  readonly #order: Buffer;
  readonly #newest: string;
  readonly #keys: ReadonlyMap<string, Buffer>;

  private constructor(order: Buffer, newest: string, keys: ReadonlyMap<string, Buffer>) {
    this.#order = order;
    this.#newest = newest;
    this.#keys = keys;
  }

  /** Null for what is no such file. */
  static read(file: unknown): WriteKeys | null {
    const { order, keys } = (file ?? {}) as Partial<WriteKeyFile>;
    if (typeof order !== 'string' || !Array.isArray(keys)) return null;
    const read = new Map<string, Buffer>();
    for (const each of keys as readonly Partial<WriteKeyFile['keys'][number]>[]) {
      if (typeof each.id !== 'string' || !KEY_ID.test(each.id)) return null;
      const key = Buffer.from(String(each.key), 'base64');
      if (key.length !== WRITE_KEY_BYTES) return null;
      read.set(each.id, key);
    }
    const secret = Buffer.from(order, 'base64');
    const [newest] = read.keys();
    if (secret.length !== WRITE_KEY_BYTES || newest === undefined) return null;
    return new WriteKeys(secret, newest, read);
  }

  /** `context` says what it is and whose: it opens under the same one only. */
  seal(plain: Uint8Array, context: string): Uint8Array {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv('aes-256-gcm', this.#keys.get(this.#newest) ?? '', nonce);
    cipher.setAAD(Buffer.from(context));
    const sealed = [cipher.update(plain), cipher.final()];
    return Buffer.concat([
      Buffer.from([VERSION]),
      Buffer.from(this.#newest, 'latin1'),
      nonce,
      ...sealed,
      cipher.getAuthTag(),
    ]);
  }

  /** Null where no key of ours opens it, or it is not what was sealed under this context. */
  open(sealed: Uint8Array, context: string): Buffer | null {
    const bytes = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.length);
    if (bytes.length < SEAL_BYTES || bytes[0] !== VERSION) return null;
    const key = this.#keys.get(bytes.toString('latin1', 1, 9));
    if (key === undefined) return null;
    const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(9, HEAD_BYTES));
    decipher.setAAD(Buffer.from(context));
    decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
    try {
      const plain = decipher.update(bytes.subarray(HEAD_BYTES, -TAG_BYTES));
      return Buffer.concat([plain, decipher.final()]);
    } catch {
      return null;
    }
  }

  /** What an order key is called in the log, where it would tell who wrote. */
  orderName(feature: string, key: string): string {
    return this.#name('order', [feature, key]);
  }

  /** What the status of a write is asked for by; the same for the same request of a caller. */
  token(parts: readonly (string | Uint8Array)[]): string {
    return this.#name('token', parts);
  }

  #name(what: string, parts: readonly (string | Uint8Array)[]): string {
    const mac = createHmac('sha256', this.#order).update(what);
    // With its length before each, no two lists of parts are the same bytes.
    for (const part of parts) {
      const bytes = Buffer.from(part as string);
      mac.update(`\n${bytes.length}:`).update(bytes);
    }
    return mac.digest('base64url');
  }
}

/**
 * What a write is called in the log. The token that opens its status page does not stand there, and
 * how long a search for it takes tells nothing of the tokens there are.
 */
export function writeIdOf(token: string): string {
  // Not a hyphen first, which a command would take for an option.
  return `w${createHash('sha256').update(token).digest('base64url')}`;
}
