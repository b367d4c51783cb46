import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { formatNetwork, parseNetwork } from '../../lib/address.ts';
import { TurnoutError } from '../../lib/errors.ts';

const MOST_LINES = 1_000_000;

/**
 * Networks in their one form, each once; `file` has one a line, `#` begins a comment, `-` is
 * standard input. All are read before anything is done with one: throws TurnoutError
 * `network-invalid` for the first that is none.
 */
export async function readNetworks(
  words: readonly string[],
  file: string | undefined,
): Promise<readonly string[]> {
  const networks = new Set(words.map((word) => canonical(word, '')));
  if (file !== undefined) {
    const stream = file === '-' ? process.stdin : createReadStream(file);
    let number = 0;
    try {
      for await (const line of createInterface({ input: stream, crlfDelay: Infinity })) {
        const word = line.replace(/(?:^|\s)#.*$/, '').trim();
        if (++number > MOST_LINES) throw tooMany(file);
        if (word !== '') networks.add(canonical(word, `${file}:${number}: `));
      }
    } catch (error) {
      if (error instanceof TurnoutError) throw error;
      throw unreadable(file, error);
    }
  }
  return [...networks];
}

/** The one form of a network; `place` says where it stands. */
export function canonical(text: string, place = ''): string {
  const parsed = parseNetwork(text);
  if (parsed.kind === 'network') return formatNetwork(parsed.network);
  if (parsed.kind === 'none') {
    throw new TurnoutError(
      'network-invalid',
      `${place}${JSON.stringify(text.slice(0, 60))} is no address or network.`,
      'Write one such as 192.0.2.7, 203.0.113.0/24 or 2001:db8::/32. Nothing was changed.',
    );
  }
  const meant = formatNetwork(parsed.meant);
  throw new TurnoutError(
    'network-invalid',
    `${place}${text} is an address with the length of a network.`,
    `Write ${meant} for the network, or ${text.split('/')[0] ?? ''} for the one address. Nothing was changed.`,
  );
}

function tooMany(file: string): TurnoutError {
  return new TurnoutError(
    'networks-too-many',
    `${file} has more than ${MOST_LINES} lines.`,
    'Join neighbouring networks into wider ones. Nothing was changed.',
  );
}

function unreadable(file: string, cause: unknown): TurnoutError {
  return new TurnoutError(
    'networks-unreadable',
    `${file} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}.`,
    'Name a file with one address or network a line, or - for standard input.',
    { cause },
  );
}
