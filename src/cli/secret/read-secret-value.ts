import { readFile, stat } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { TurnoutError } from '../../lib/errors.ts';

/** More than any secret may be: what is longer is refused without being read to its end. */
const readLimitBytes = 128 * 1024;

/** Lines that come within this time of the first were pasted with it. */
const pasteMs = 150;

/**
 * The value for a secret: the whole of a file, or of standard input without the newline that `echo`
 * adds, or what is typed at a terminal, which shows nothing of it. Rejects with TurnoutError
 * `secret-value-invalid` when there is none.
 */
export async function readSecretValue(name: string, file: string | undefined): Promise<string> {
  const value = file === undefined ? await readTyped(name) : await readWhole(name, file);
  if (value !== '') return value;
  throw invalid(
    `The value given for ${name} is empty.`,
    `To remove it: turnout secret delete ${name}`,
  );
}

async function readWhole(name: string, file: string): Promise<string> {
  const found = await stat(file).catch(() => null);
  if (found === null || !found.isFile()) {
    throw invalid(`There is no file ${file} to read ${name} from.`, 'Name one that can be read.');
  }
  if (found.size > readLimitBytes) throw tooLong(name);
  return decode(name, await readFile(file));
}

async function readTyped(name: string): Promise<string> {
  if (process.stdin.isTTY) return promptHidden(`${name} (not shown): `);
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > readLimitBytes) throw tooLong(name);
    chunks.push(chunk);
  }
  return decode(name, Buffer.concat(chunks)).replace(/\r?\n$/, '');
}

function decode(name: string, bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw invalid(`The value given for ${name} is not text.`, 'Encode it, such as with base64.');
  }
}

function promptHidden(prompt: string): Promise<string> {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const prompting = createInterface({ input: process.stdin, output: nowhere, terminal: true });
  // Only now: until the terminal is told not to, it shows what is typed.
  process.stderr.write(prompt);
  const typed: string[] = [];
  return new Promise((resolve, reject) => {
    prompting.on('line', (line) => {
      typed.push(line);
      // What is pasted with line breaks comes as several lines at once, and is more than was meant.
      if (typed.length === 1) setTimeout(() => prompting.close(), pasteMs);
    });
    prompting.once('close', () => {
      process.stderr.write('\n');
      const [first, ...more] = typed;
      if (first === undefined)
        reject(invalid('Nothing was typed.', 'Type the value and press Enter.'));
      else if (more.length === 0 && prompting.line === '') resolve(first);
      else reject(invalid('More than one line was given.', 'Give it as a file: --from-file FILE.'));
    });
  });
}

function tooLong(name: string): TurnoutError {
  return invalid(
    `The value given for ${name} is longer than any secret may be.`,
    'Give one of at most 64 KiB.',
  );
}

function invalid(message: string, remedy: string): TurnoutError {
  return new TurnoutError('secret-value-invalid', message, remedy);
}
