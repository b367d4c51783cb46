import { createInterface } from 'node:readline/promises';

/** Asks a person at a terminal for a reason that was not given; Enter gives none. */
export async function askWhy(given: string | undefined, isQuiet: boolean): Promise<string | null> {
  if (given !== undefined) return given;
  if (isQuiet || !process.stdin.isTTY || !process.stdout.isTTY) return null;
  const lines = createInterface({ input: process.stdin, output: process.stdout });
  try {
    const answer = await lines.question('Why? (for the journal; Enter for none) ');
    return answer.trim() === '' ? null : answer.trim();
  } finally {
    lines.close();
  }
}
