import { diff } from 'node:util';

/** Lines around a change that are shown for orientation. */
const context = 3;
/**
 * Beyond this many lines between the first and the last change, comparing costs more than it tells.
 */
const mostCompared = 4000;

/**
 * How one text differs from another, line by line: `-` is only in `before`, `+` only in `after`.
 * Empty when equal.
 */
export function lineDiff(before: string, after: string): string {
  if (before === after) return '';
  const old = before.split('\n');
  const now = after.split('\n');
  const head = sharedLength(old, now, (lines, i) => lines[i]);
  const shortest = Math.min(old.length, now.length) - head;
  const tail = Math.min(
    shortest,
    sharedLength(old, now, (lines, i) => lines[lines.length - 1 - i]),
  );
  const removed = old.slice(head, old.length - tail);
  const added = now.slice(head, now.length - tail);
  if (removed.length + added.length > mostCompared) {
    return `@ line ${head + 1}\n  ${removed.length} lines became ${added.length}: too many to show`;
  }
  const start = Math.max(0, head - context);
  const lines = [
    ...old.slice(start, head).map((line) => `  ${line}`),
    ...changes(removed, added),
    ...now
      .slice(now.length - tail)
      .slice(0, context)
      .map((line) => `  ${line}`),
  ];
  return hunks(lines, start);
}

/** How many lines two texts share, counted from one end. */
function sharedLength(
  a: readonly string[],
  b: readonly string[],
  at: (lines: readonly string[], index: number) => string | undefined,
): number {
  const most = Math.min(a.length, b.length);
  let shared = 0;
  while (shared < most && at(a, shared) === at(b, shared)) shared += 1;
  return shared;
}

function changes(before: readonly string[], after: readonly string[]): readonly string[] {
  const marks = { '-1': '+ ', '0': '  ', '1': '- ' } as const;
  return diff([...before], [...after]).map(([change, line]) => marks[`${change}`] + line);
}

/** Leaves out what is far from any change; `start` is the index of the first line. */
function hunks(lines: readonly string[], start: number): string {
  const near = lines.map(() => false);
  for (const [i, line] of lines.entries()) {
    if (line.startsWith('  ')) continue;
    near.fill(true, Math.max(0, i - context), i + context + 1);
  }
  const shown: string[] = [];
  let number = start;
  for (const [i, line] of lines.entries()) {
    if (near[i] === true) {
      if (near[i - 1] !== true) shown.push(`@ line ${number + 1}`);
      shown.push(line);
    }
    if (!line.startsWith('+')) number += 1;
  }
  return shown.join('\n');
}
