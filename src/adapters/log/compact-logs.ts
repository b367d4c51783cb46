import { fstatSync, mkdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { LogDirectory } from './log-directory.ts';
import type { LogReader, ReadSegment } from './log-reader.ts';
import type { QueueView } from './queue-view.ts';
import { makeReserve } from './reserve.ts';

/** No writer takes this long between making its folder and its first header. */
const STILLBORN_AGE_MS = 3_600_000;
/** Every whole header is larger. */
const HEADER_LEAST_BYTES = 64;

/**
 * Removes segments whose records are all settled, and logs whose writers are gone. Only for a
 * drainer whose last flush counted; one that was fenced since removes nothing that its successor
 * needs, and may find that it has been quicker.
 */
export function compactLogs(directory: LogDirectory, view: QueueView): void {
  for (const [name, { reader }] of view.logs) {
    for (const segment of reader.segments.filter((one) => one.finished && one.unsettled === 0)) {
      if (segment.damaged) quarantine(directory, name, segment);
      else rmSync(segment.path, { force: true });
      reader.forget(segment);
    }
    const isDrained = reader.finished && reader.segments.length === 0;
    if (isDrained || isStillborn(directory, reader)) {
      rmSync(directory.log(name), { recursive: true, force: true });
    }
  }
  makeReserve(directory);
}

/** Whether the writer died before its first header was whole: nothing in it was ever accepted. */
function isStillborn(directory: LogDirectory, { name, segments }: LogReader): boolean {
  const isEmpty = segments.every(
    ({ header, fd }) => header === null && fstatSync(fd).size < HEADER_LEAST_BYTES,
  );
  const stat = isEmpty ? statSync(directory.log(name), { throwIfNoEntry: false }) : undefined;
  return stat !== undefined && Date.now() - stat.mtimeMs > STILLBORN_AGE_MS;
}

function quarantine(directory: LogDirectory, log: string, segment: ReadSegment): void {
  mkdirSync(directory.quarantine, { recursive: true, mode: 0o700 });
  try {
    renameSync(segment.path, join(directory.quarantine, `${log}-${basename(segment.path)}`));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}
