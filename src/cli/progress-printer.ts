import { statSync } from 'node:fs';
import { FileTail } from './logs/file-tail.ts';

const everyMs = 80;
/** More than a site says until it is up. */
const rememberedLines = 1_000;
/** As wide as the time in front of a line, so that what has several lines stands under itself. */
const indent = ' '.repeat('  0.0 s  '.length);

export interface ProgressPrinter {
  /** Prints one line of our own, below what the others have said until now. */
  say(text: string): void;
  /** Whether a line with that text was printed. */
  hasSaid(text: string): boolean;
  /** Prints what is still there to print, and ends. */
  stop(): void;
}

/**
 * Shows, with the time that has passed, what other processes of the site do: the progress lines of
 * these log files from now on.
 */
export function startProgressPrinter(logFiles: readonly string[]): ProgressPrinter {
  const startedMs = performance.now();
  const tails = logFiles.map((file) => {
    const bytes = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
    return new FileTail(file, bytes);
  });
  const said = new Set<string>();
  const say = (text: string): void => {
    if (said.size >= rememberedLines) said.clear();
    said.add(text);
    const seconds = ((performance.now() - startedMs) / 1_000).toFixed(1).padStart(5);
    process.stdout.write(`${seconds} s  ${text.trimEnd().replaceAll('\n', `\n${indent}`)}\n`);
  };
  const print = (): void => {
    for (const tail of tails) {
      for (const line of tail.read()) {
        const text = progressText(line);
        if (text !== null) say(text);
      }
    }
  };
  // Whoever prints has something else to wait for; a command that fails must end.
  const timer = setInterval(print, everyMs).unref();
  return {
    say: (text) => {
      print();
      say(text);
    },
    hasSaid: (text) => said.has(text),
    stop: () => {
      clearInterval(timer);
      print();
    },
  };
}

function progressText(line: string): string | null {
  if (!line.includes('"progress":true')) return null;
  try {
    return String((JSON.parse(line) as { message: unknown }).message);
  } catch {
    return null;
  }
}
