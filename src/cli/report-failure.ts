import { TurnoutError } from '../lib/errors.ts';

/**
 * Prints why a command failed and returns its exit code: 1 for what a person can mend, 70 for a
 * defect of ours (with its stack, since that is then what helps).
 */
export function reportFailure(error: unknown): number {
  if (error instanceof TurnoutError) {
    process.stderr.write(`error ${error.code}: ${error.message}\n  remedy: ${error.remedy}\n`);
    return 1;
  }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(`error internal: this is a defect of Turnout, please report it.\n${text}\n`);
  return 70;
}
