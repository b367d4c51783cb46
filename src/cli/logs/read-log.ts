import { createReadStream, statSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { defaultRotation } from '../../lib/rotate-log.ts';
import { timeOfLine } from './log-line.ts';
import type { LogLine } from './log-line.ts';

export interface LogSource {
  /** What it is called in front of each line: an instance or a process. */
  readonly name: string;
  readonly file: string;
}

/**
 * The lines of a log and of its older pieces, oldest first, from `sinceMs` on. Lines whose time
 * cannot be known are left out only with a whole piece that was last written before then. Of the
 * newest piece only `untilBytes` are read.
 */
export async function* readLog(
  source: LogSource,
  sinceMs: number | null,
  untilBytes: number,
): AsyncGenerator<LogLine> {
  let atMs: number | null = null;
  for (const piece of piecesOf(source.file)) {
    if (sinceMs !== null && piece.writtenMs < sinceMs) continue;
    const end = piece.file === source.file ? untilBytes - 1 : piece.bytes - 1;
    if (end < 0) continue;
    const input = createReadStream(piece.file, { end });
    for await (const text of createInterface({ input, crlfDelay: Infinity })) {
      atMs = timeOfLine(text) ?? atMs;
      if (sinceMs === null || atMs === null || atMs >= sinceMs) {
        yield { source: source.name, atMs, text };
      }
    }
  }
}

interface Piece {
  readonly file: string;
  readonly bytes: number;
  readonly writtenMs: number;
}

function piecesOf(file: string): readonly Piece[] {
  const names = [file];
  for (let n = 1; n <= defaultRotation.keep; n += 1) names.unshift(`${file}.${n}`);
  return names.flatMap((name) => {
    const stats = statSync(name, { throwIfNoEntry: false });
    return stats === undefined ? [] : [{ file: name, bytes: stats.size, writtenMs: stats.mtimeMs }];
  });
}

/** Merges logs by time; lines without any time come before the first that has one. */
export async function* mergeLogs(
  logs: readonly AsyncGenerator<LogLine>[],
): AsyncGenerator<LogLine> {
  const heads = await Promise.all(logs.map(async (log) => ({ log, next: await log.next() })));
  for (;;) {
    let first: (typeof heads)[number] | null = null;
    for (const head of heads) {
      if (head.next.done) continue;
      if (first === null || timeOf(head.next.value) < timeOf(first.next.value as LogLine))
        first = head;
    }
    if (first === null) return;
    yield first.next.value as LogLine;
    first.next = await first.log.next();
  }
}

function timeOf(line: LogLine): number {
  return line.atMs ?? -Infinity;
}
