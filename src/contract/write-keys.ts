import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  hash,
  type KeyObject,
} from 'node:crypto';

import { drawRandomBytes } from '../lib/random-pool.ts';

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
  readonly #order: KeyObject;
  readonly #keys: ReadonlyMap<string, KeyObject>;
  /** What stands before the nonce of all that is sealed. */
  readonly #head: Buffer;
  readonly #sealing: KeyObject;

  private constructor(
    order: Buffer,
    newest: { readonly id: string; readonly key: KeyObject },
    keys: ReadonlyMap<string, KeyObject>,
  ) {
    this.#order = createSecretKey(order);
    this.#sealing = newest.key;
    this.#keys = keys;
    this.#head = Buffer.from([VERSION, ...Buffer.from(newest.id, 'latin1')]);
  }

  /** Null for what is no such file. */
  static read(file: unknown): WriteKeys | null {
    const { order, keys } = (file ?? {}) as Partial<WriteKeyFile>;
    if (typeof order !== 'string' || !Array.isArray(keys)) return null;
    const read = new Map<string, KeyObject>();
    for (const each of keys as readonly Partial<WriteKeyFile['keys'][number]>[]) {
      if (typeof each.id !== 'string' || !KEY_ID.test(each.id)) return null;
      const key = Buffer.from(String(each.key), 'base64');
      if (key.length !== WRITE_KEY_BYTES) return null;
      read.set(each.id, createSecretKey(key));
    }
    const secret = Buffer.from(order, 'base64');
    const [newest] = read;
    if (secret.length !== WRITE_KEY_BYTES || newest === undefined) return null;
    const [id, key] = newest;
    return new WriteKeys(secret, { id, key }, read);
  }

  /**
   * Seals these parts as if they were one; `context` says what it is and whose: it opens under the
   * same one only.
   */
  seal(parts: readonly Uint8Array[], context: string): Uint8Array {
    const nonce = drawRandomBytes(NONCE_BYTES);
    const cipher = createCipheriv('aes-256-gcm', this.#sealing, nonce);
    cipher.setAAD(Buffer.from(context));
    const sealed = parts.map((part) => cipher.update(part));
    // GCM holds nothing back for the end.
    cipher.final();
    return Buffer.concat([this.#head, nonce, ...sealed, cipher.getAuthTag()]);
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
    const mac = createHmac('sha256', this.#order);
    let text = what;
    // With its length before each, no two lists of parts are the same bytes.
    for (const part of parts) {
      if (typeof part === 'string') text += `\n${Buffer.byteLength(part)}:${part}`;
      else {
        mac.update(`${text}\n${part.length}:`).update(part);
        text = '';
      }
    }
    mac.update(text);
    return mac.digest('base64url');
  }
}

/**
 * What a write is called in the log. The token that opens its status page does not stand there, and
 * how long a search for it takes tells nothing of the tokens there are.
 */
export function writeIdOf(token: string): string {
  // Not a hyphen first, which a command would take for an option.
  return `w${hash('sha256', token, 'base64url')}`;
}
