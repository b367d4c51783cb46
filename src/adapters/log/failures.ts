import { TurnoutError } from '../../lib/errors.ts';

/** Why a group of records was not accepted. */
export type AppendFailure = 'disk-full' | 'writes-sync-failed' | 'writes-failed';

export function appendFailed(code: AppendFailure, detail: string): TurnoutError {
  switch (code) {
    case 'disk-full':
      return diskFull(detail);
    case 'writes-sync-failed':
      return new TurnoutError(
        'writes-sync-failed',
        `The disk did not confirm the write, which was therefore not accepted: ${detail}.`,
        'Check the disk (dmesg, smartctl). Later writes go to a new file.',
      );
    case 'writes-failed':
      return writesFailed(detail);
  }
}

export function diskFull(detail: string, cause?: unknown): TurnoutError {
  return new TurnoutError(
    'disk-full',
    `The disk of the write log is full: ${detail}.`,
    'Free space on it. Everything acknowledged is still there; writes are accepted again at once.',
    { cause },
  );
}

export function writesFailed(detail: string, cause?: unknown): TurnoutError {
  const because = cause instanceof Error ? ` (${cause.message})` : '';
  return new TurnoutError(
    'writes-failed',
    `The write log cannot be used: ${detail}${because}.`,
    'Check that its folder exists and belongs to the user that Turnout runs as.',
    { cause },
  );
}

export function writesFull(bytes: number, limitBytes: number): TurnoutError {
  return new TurnoutError(
    'writes-full',
    `The write log holds ${bytes} of at most ${limitBytes} bytes.`,
    'Let the queue drain, discard dead letters, or raise its limit.',
  );
}

export function writesOverloaded(bytes: number): TurnoutError {
  return new TurnoutError(
    'writes-overloaded',
    `${bytes} bytes of writes already wait for the disk.`,
    'Try again later; the disk is slower than the writes come in.',
  );
}

export function writeTooLarge(what: string, bytes: number, limitBytes: number): TurnoutError {
  return new TurnoutError(
    'write-too-large',
    `The ${what} of the write has ${bytes} bytes; at most ${limitBytes} are allowed.`,
    'Send less, or raise the limit where it has one.',
  );
}

export function writesFenced(): TurnoutError {
  return new TurnoutError(
    'writes-fenced',
    'Another process has begun to drain the queue.',
    'Stop draining; take the lease again to go on.',
  );
}

/** What a failed system call means to the caller; undefined when it is none. */
export function failureOfSystemCall(error: unknown): TurnoutError | undefined {
  if (!(error instanceof Error) || !('syscall' in error)) return undefined;
  if (isDiskFull(error)) return diskFull(error.message, error);
  return writesFailed('a system call failed', error);
}

export function isDiskFull(error: unknown): boolean {
  const { code = '' } = error as NodeJS.ErrnoException;
  return ['ENOSPC', 'EDQUOT', 'EFBIG'].includes(code);
}
