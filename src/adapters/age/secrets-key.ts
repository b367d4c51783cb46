import { link, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { syncDirectory, temporaryName, writeFileAtomically } from '../../lib/atomic-file.ts';
import { TurnoutError } from '../../lib/errors.ts';
import { makeFolder } from '../../lib/make-folder.ts';
import { withLock } from './with-lock.ts';

/** The key itself, for machines that get it from a managed store. */
export const KEY_VARIABLE = 'TURNOUT_SECRETS_KEY';
/** A file with the key. */
export const KEY_FILE_VARIABLE = 'TURNOUT_SECRETS_KEY_FILE';

/** Retired keys that are kept, so that older backups and commits can still be opened. */
const keptRetired = 10;

export interface KeyPlace {
  readonly site: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** What a site's key file holds: everything is encrypted to the first; retired ones only open. */
export interface SecretsKeys {
  readonly inUse: string;
  /** Newest first. */
  readonly retired: readonly string[];
}

/**
 * Where the key of a site lies: `~/.config/turnout/<site>.key`, outside of any repository and state
 * folder.
 */
export function secretsKeyFile({ site, environment }: KeyPlace): string {
  const named = environment[KEY_FILE_VARIABLE];
  if (named) return named;
  const home = environment['XDG_CONFIG_HOME'] || join(homedir(), '.config');
  return join(home, 'turnout', `${site}.key`);
}

/** Held by whoever changes the key or what people have set. */
export function secretsLockFile(place: KeyPlace): string {
  return `${secretsKeyFile(place)}.lock`;
}

/**
 * The site's keys (`AGE-SECRET-KEY-1…`); null when there is none. Rejects with TurnoutError
 * `secrets-key-exposed` when others can read their file, or `secrets-key-invalid` when it holds
 * none.
 */
export async function readSecretsKeys(place: KeyPlace): Promise<SecretsKeys | null> {
  const given = place.environment[KEY_VARIABLE];
  if (given) return parseKeys(given, KEY_VARIABLE);
  const file = secretsKeyFile(place);
  let text: string;
  try {
    const { mode } = await stat(file);
    if (mode & 0o077) throw exposed(file, mode);
    text = await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
  return parseKeys(text, file);
}

/**
 * Makes the first key and writes its file with mode 0600, in the format of `age-keygen`. Where
 * another process was first, its keys are the answer.
 */
export async function createSecretsKey(place: KeyPlace): Promise<SecretsKeys> {
  return (await addSecretsKey(place, await generateX25519Identity())) ?? createSecretsKey(place);
}

/** Keeps keys where there are none yet: null when there are. Checks that they are keys. */
export async function addSecretsKey(place: KeyPlace, text: string): Promise<SecretsKeys | null> {
  const keys = await parseKeys(text, 'What was given');
  const file = secretsKeyFile(place);
  makeFolder(dirname(file), 0o700);
  const fresh = join(dirname(file), temporaryName(basename(file)));
  try {
    await writeFile(fresh, await keyText(keys), { flag: 'wx', mode: 0o600, flush: true });
    await link(fresh, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return null;
  } finally {
    await rm(fresh, { force: true });
  }
  await syncDirectory(dirname(file));
  return keys;
}

/**
 * Keeps keys that were brought from another machine. Where there are keys already it takes those
 * that were made here or there by rotating them, because these still open all that is there; null
 * for keys that have nothing to do with ours.
 */
export async function acceptSecretsKeys(
  place: KeyPlace,
  text: string,
): Promise<SecretsKeys | null> {
  const added = await addSecretsKey(place, text);
  if (added !== null) return added;
  const brought = await parseKeys(text, 'What was given');
  return withLock(secretsLockFile(place), async () => {
    const ours = await readSecretsKeys(place);
    if (ours === null || brought.inUse === ours.inUse) return ours;
    if (!brought.retired.includes(ours.inUse)) return null;
    await writeFileAtomically(secretsKeyFile(place), await keyText(brought));
    return brought;
  });
}

/**
 * Puts a new key into use and retires the one before it. Rejects with TurnoutError
 * `secrets-key-missing` where there is none, and `secrets-key-given` where it is not ours to
 * change.
 */
export async function replaceSecretsKey(place: KeyPlace): Promise<void> {
  if (place.environment[KEY_VARIABLE]) throw givenFromOutside();
  await withLock(secretsLockFile(place), async () => {
    const file = secretsKeyFile(place);
    const before = await readSecretsKeys(place);
    if (before === null) throw keyMissing('There is nothing to rotate', file);
    const retired = [before.inUse, ...before.retired].slice(0, keptRetired);
    await writeFileAtomically(
      file,
      await keyText({ inUse: await generateX25519Identity(), retired }),
    );
  });
}

/** `what` is in want of a key that should be in `file`. */
export function keyMissing(what: string, file: string): TurnoutError {
  return new TurnoutError(
    'secrets-key-missing',
    `${what}: there is no key at ${file}, and none in ${KEY_VARIABLE}.`,
    'On a machine that has it run `turnout secret key --export`, and here ' +
      '`turnout secret key --import`, then `turnout reload`; ' +
      `or give it in ${KEY_VARIABLE}, or name its file in ${KEY_FILE_VARIABLE}.`,
  );
}

/** The file that `age -i` reads too. */
export async function keyText({ inUse, retired }: SecretsKeys): Promise<string> {
  const lines = [`# public key: ${await identityToRecipient(inUse)}`, inUse];
  if (retired.length > 0)
    lines.push('# retired: they open older backups, and nothing new', ...retired);
  return `${lines.join('\n')}\n`;
}

async function parseKeys(text: string, where: string): Promise<SecretsKeys> {
  const lines = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
  const [inUse, ...retired] = lines;
  try {
    for (const key of [inUse ?? '', ...retired]) await identityToRecipient(key);
  } catch {
    throw new TurnoutError(
      'secrets-key-invalid',
      `${where} holds no age key.`,
      'It must hold one line that starts with AGE-SECRET-KEY-, as `age-keygen` writes it.',
    );
  }
  return { inUse: inUse ?? '', retired };
}

function givenFromOutside(): TurnoutError {
  return new TurnoutError(
    'secrets-key-given',
    `The key is given in ${KEY_VARIABLE}, where it cannot be changed from here.`,
    'Rotate it on a machine that has it in a file, bring secrets.age from there, ' +
      'and give the new key here.',
  );
}

function exposed(file: string, mode: number): TurnoutError {
  return new TurnoutError(
    'secrets-key-exposed',
    `Others can read ${file} (mode ${(mode & 0o777).toString(8)}).`,
    `Run \`chmod 600 ${file}\`; if others have had access to this machine, make new secrets.`,
  );
}
