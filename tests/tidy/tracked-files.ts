import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/**
 * Files under version control (and new ones not ignored) whose name matches, as paths from the
 * root.
 */
export function trackedFiles(pattern: RegExp): string[] {
  const output = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
    encoding: 'utf8',
  });
  return [...new Set(output.split('\n'))].filter((file) => file !== '' && pattern.test(file));
}

export interface Line {
  readonly place: string;
  readonly text: string;
}

/** Every line of the files, with its place as `file:line`. */
export function linesOf(files: readonly string[]): Line[] {
  return files.flatMap((file) =>
    readText(file)
      .split('\n')
      .map((text, index) => ({ place: `${file}:${index + 1}`, text })),
  );
}

/** A file that was deleted but not yet committed is listed by git and has no lines. */
function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
