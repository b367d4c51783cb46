import { mkdir, readFile, readdir, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { armor, Decrypter, Encrypter, identityToRecipient } from 'age-encryption';
import { writeFileAtomically } from '../../lib/atomic-file.ts';
import { TurnoutError } from '../../lib/errors.ts';
import { checkSecretName, checkSecretValue } from '../../ports/secrets/limits.ts';
import type { Secrets } from '../../ports/secrets/port.ts';
import {
  createSecretsKey,
  keyMissing,
  readSecretsKeys,
  secretsKeyFile,
  secretsLockFile,
} from './secrets-key.ts';
import type { KeyPlace } from './secrets-key.ts';
import { withLock } from './with-lock.ts';

export interface AgeSecretsOptions {
  /** The encrypted file, which may lie in the repository: `secrets.age` beside `site.yaml`. */
  readonly file: string;
  /** Names the key's file. */
  readonly site: string;
  /** Held while the file is changed; beside the key's file by default. */
  readonly lockFile?: string;
  /**
   * Where TURNOUT_SECRETS_KEY and TURNOUT_SECRETS_KEY_FILE are looked up; the process's own by
   * default.
   */
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

export interface AgeSecrets extends Secrets {
  /** Encrypts what the file holds to the key that is in use now; does nothing without a file. */
  encryptAgain(): Promise<void>;
}

type Values = Map<string, string>;

/**
 * Secrets in one file, encrypted with age (https://age-encryption.org/v1, armored, so that `age -d`
 * opens it too) to the site's key. The first value of a site without file and key makes both.
 *
 * Rejects with TurnoutError `secrets-key-missing`, `secrets-key-exposed`, `secrets-key-invalid`,
 * `secrets-key-wrong`, `secrets-corrupt` or `secrets-busy`. Changes follow one another under a
 * lock, whichever process makes them; a process killed in a change leaves the file as it was.
 */
export function createAgeSecrets(options: AgeSecretsOptions): AgeSecrets {
  return new AgeFile(options);
}

class AgeFile implements AgeSecrets {
  readonly #file: string;
  readonly #place: KeyPlace;
  readonly #lockFile: string;
  /** What was decrypted last, for as long as the file is the same. */
  #opened: { readonly text: string; readonly values: ReadonlyMap<string, string> } | null = null;

  constructor({ file, site, lockFile, environment = process.env }: AgeSecretsOptions) {
    this.#file = file;
    this.#place = { site, environment };
    this.#lockFile = lockFile ?? secretsLockFile(this.#place);
  }

  async get(name: string): Promise<string | null> {
    checkSecretName(name);
    return (await this.#read()).get(name) ?? null;
  }

  async list(): Promise<readonly string[]> {
    return [...(await this.#read()).keys()].sort();
  }

  async obtain(name: string, make: () => string): Promise<string> {
    const known = await this.get(name);
    if (known !== null) return known;
    return this.#change((values) => {
      const value = values.get(name) ?? make();
      checkSecretValue(name, value);
      const isNew = !values.has(name);
      values.set(name, value);
      return { result: value, changed: isNew };
    });
  }

  async set(name: string, value: string): Promise<void> {
    checkSecretName(name);
    checkSecretValue(name, value);
    await this.#change((values) => ({ result: values.set(name, value), changed: true }));
  }

  async delete(name: string): Promise<boolean> {
    checkSecretName(name);
    return this.#change((values) => {
      const there = values.delete(name);
      return { result: there, changed: there };
    });
  }

  async encryptAgain(): Promise<void> {
    if ((await this.#readFile()) === null) return;
    await this.#change(() => ({ result: undefined, changed: true }));
  }

  #change<Result>(
    edit: (values: Values) => { readonly result: Result; readonly changed: boolean },
  ): Promise<Result> {
    return withLock(this.#lockFile, async () => {
      const values = await this.#read();
      const { result, changed } = edit(values);
      if (changed) await this.#write(values);
      return result;
    });
  }

  /** File first, then keys: a key is in its file before anything is encrypted to it. */
  async #read(): Promise<Values> {
    const text = await this.#readFile();
    if (text === null) return new Map();
    if (this.#opened?.text === text) return new Map(this.#opened.values);
    const keys = await readSecretsKeys(this.#place);
    if (keys === null) throw this.#keyMissing();
    const decrypter = new Decrypter();
    for (const key of [keys.inUse, ...keys.retired]) decrypter.addIdentity(key);
    try {
      const plain = await decrypter.decrypt(armor.decode(text), 'text');
      const values = new Map(Object.entries(JSON.parse(plain) as Record<string, string>));
      this.#opened = { text, values: new Map(values) };
      return values;
    } catch (error) {
      throw this.#explain(error);
    }
  }

  async #write(values: Values): Promise<void> {
    const isNew = (await this.#readFile()) === null;
    const keys = await readSecretsKeys(this.#place);
    if (keys === null && !isNew) throw this.#keyMissing();
    const { inUse } = keys ?? (await createSecretsKey(this.#place));
    const encrypter = new Encrypter();
    encrypter.addRecipient(await identityToRecipient(inUse));
    const sorted = [...values].sort(([a], [b]) => (a < b ? -1 : 1));
    const plain = JSON.stringify(Object.fromEntries(sorted), null, 2);
    await mkdir(dirname(this.#file), { recursive: true, mode: 0o700 });
    await this.#sweep();
    await writeFileAtomically(this.#file, armor.encode(await encrypter.encrypt(plain)));
  }

  /** What a killed writer left half written; we hold the lock, so nobody writes now. */
  async #sweep(): Promise<void> {
    const prefix = `.${basename(this.#file)}.`;
    for (const name of await readdir(dirname(this.#file))) {
      if (!name.startsWith(prefix) || !name.endsWith('.tmp')) continue;
      await rm(join(dirname(this.#file), name), { force: true });
    }
  }

  async #readFile(): Promise<string | null> {
    try {
      return await readFile(this.#file, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
      throw error;
    }
  }

  #keyMissing(): TurnoutError {
    return keyMissing(`${this.#file} cannot be opened`, secretsKeyFile(this.#place));
  }

  /** age says by its message alone whether the key or the file is wrong. */
  #explain(error: unknown): TurnoutError {
    if (error instanceof Error && error.message.startsWith('no identity matched')) {
      return new TurnoutError(
        'secrets-key-wrong',
        `${this.#file} was not encrypted to the key that is in use, or its first lines were changed.`,
        `Put this site's key into ${secretsKeyFile(this.#place)}, or restore the file from the repository.`,
        { cause: error },
      );
    }
    return new TurnoutError(
      'secrets-corrupt',
      `${this.#file} was changed or cut off since it was encrypted.`,
      'Restore it from the repository; never edit it by hand or let a merge do so.',
      { cause: error },
    );
  }
}
