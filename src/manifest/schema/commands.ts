import type { Notation } from './schema.ts';

/**
 * A command that is started directly, without a shell: words, with quotes around those that hold
 * spaces.
 */
export const command: Notation<readonly string[]> = {
  name: 'command',
  expected: 'a command such as `node server.js --verbose`',
  examples: ['node server.js', "./server --motto 'every vote counts'"],
  pattern: String.raw`\S`,
  parse: (text) => {
    if (/[|;&<>`]|\$\(/.test(text.replaceAll(/'[^']*'|"[^"]*"/g, ''))) {
      return {
        ok: false,
        why: 'Commands run without a shell, so | ; & < > ` and $( mean nothing: put them in a script.',
      };
    }
    const words = splitWords(text);
    if (words === null) return { ok: false, why: 'A quote is not closed.' };
    return words.length === 0 ? { ok: false, why: null } : { ok: true, value: words };
  },
  show: (words) =>
    words.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : quoted(word))).join(' '),
  fallback: ['true'],
};

/** Words by spaces; '…' is taken as it stands, in "…" a backslash spares a quote or a backslash. */
function splitWords(text: string): readonly string[] | null {
  const words: string[] = [];
  const piece = /\s+|'([^']*)'|"((?:[^"\\]|\\.)*)"|\\(.)|([^\s'"\\]+)/gsy;
  let word: string | null = null;
  let at = 0;
  while (at < text.length) {
    piece.lastIndex = at;
    const match = piece.exec(text);
    if (match === null) return null;
    at = piece.lastIndex;
    const [whole, single, double, escaped, plain] = match;
    if (/^\s/.test(whole)) {
      if (word !== null) words.push(word);
      word = null;
    } else {
      const more = single ?? double?.replaceAll(/\\(["\\])/g, '$1') ?? escaped ?? plain ?? '';
      word = (word ?? '') + more;
    }
  }
  if (word !== null) words.push(word);
  return words;
}

function quoted(word: string): string {
  return word.includes("'") ? `"${word.replaceAll(/["\\]/g, '\\$&')}"` : `'${word}'`;
}
