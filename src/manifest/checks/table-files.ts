import {
  TABLE_KEY_LIMIT_CHARACTERS,
  TABLE_VALUE_LIMIT_CHARACTERS,
} from '../../contract/table-names.ts';
import { parseNetwork } from '../../lib/address.ts';
import { type TableLine, tableLines } from '../../lib/table-lines.ts';
import { locate, type Manifest } from '../manifests.ts';
import type { EdgeManifest } from '../schema/edge.ts';
import { cidr } from '../schema/notations.ts';
import type { Path } from '../problems/path.ts';
import type { SourceFile } from '../source/source-file.ts';
import type { CheckedSite } from './check.ts';

/** As many as a table may have, and what they may take. */
const MOST_ENTRIES = 1_000_000;
const MOST_BYTES = 64 * 1024 * 1024;
/** Of one file; one in another format would fill the screen. */
const MOST_TOLD = 10;

type Kind = 'set' | 'cidr' | 'map';

interface WrongLine {
  readonly message: string;
  readonly expected: string;
  readonly remedy: string;
}

/** Each line of each file of a table is an entry of its kind. */
export async function checkTableFiles(
  site: CheckedSite,
  edge: Manifest<EdgeManifest>,
): Promise<void> {
  // What the assembled edge names has its path from the site's folder.
  for (const { name, kind, file } of site.content.edge.tables) {
    const { node, path } = locate(edge, 'tables', name, 'file');
    if (file === null || site.problems.isWrong(path)) continue;
    const outcome = await site.reader.read(file, MOST_BYTES);
    // That it is not there, or leads out, is told where all files are looked for.
    if (outcome.kind === 'missing' || outcome.kind === 'outside') continue;
    if (outcome.kind === 'text') {
      checkLines(site, { path: file, text: outcome.text }, kind, path);
      continue;
    }
    const isLarge = outcome.kind === 'too-large';
    if ((await site.reader.look(file)) !== 'file') continue;
    site.problems.add({
      code: isLarge ? 'file-too-large' : 'file-unreadable',
      spot: node,
      path,
      message: isLarge
        ? `${file} is larger than 64 MiB.`
        : `${file} cannot be read: ${outcome.why}.`,
      remedy: isLarge
        ? 'Join neighbouring networks into wider ones.'
        : 'Make it a text file in UTF-8 that this user may read.',
    });
  }
}

function checkLines({ problems }: CheckedSite, source: SourceFile, kind: Kind, path: Path): void {
  let told = 0;
  let count = 0;
  for (const line of tableLines(source.text, kind === 'map')) {
    const spot = { source, start: line.start, end: line.end };
    if (++count > MOST_ENTRIES) {
      const message = `${source.path} has more than ${MOST_ENTRIES} entries.`;
      const remedy = 'Join neighbouring networks into wider ones.';
      problems.add({ code: 'table-too-long', spot, path, message, remedy });
      return;
    }
    const wrong = wrongWith(line, kind);
    if (wrong === null) continue;
    problems.add({ code: 'table-line-invalid', spot, path, ...wrong });
    if (++told === MOST_TOLD) return;
  }
}

function wrongWith({ key, value }: TableLine, kind: Kind): WrongLine | null {
  if (kind === 'cidr') {
    // With host bits set, the network is meant: so most programs read such lists.
    if (parseNetwork(key).kind !== 'none') return null;
    const remedy = 'Correct the line; a comment begins with `#`.';
    const message = `“${shown(key)}” is no address or network.`;
    return { message, expected: cidr.expected, remedy };
  }
  if (key.length > TABLE_KEY_LIMIT_CHARACTERS) {
    const expected = `a key of at most ${TABLE_KEY_LIMIT_CHARACTERS} letters`;
    return { message: `“${shown(key)}” is too long.`, expected, remedy: 'Shorten it.' };
  }
  if (kind === 'set') return null;
  const expected = `\`key value\`, the value of at most ${TABLE_VALUE_LIMIT_CHARACTERS} letters`;
  if (value === null) {
    const message = `“${shown(key)}” stands for nothing, in a map.`;
    return { message, expected, remedy: 'Write its value behind it.' };
  }
  if (value.length <= TABLE_VALUE_LIMIT_CHARACTERS) return null;
  return { message: `The value of “${shown(key)}” is too long.`, expected, remedy: 'Shorten it.' };
}

function shown(text: string): string {
  return text.length <= 60 ? text : `${text.slice(0, 60)}…`;
}
