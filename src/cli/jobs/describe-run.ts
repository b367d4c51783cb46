import type { JobRunStatus } from '../../contract/job-status.ts';
import { formatDuration } from '../../lib/duration.ts';

/** `2026-10-01 12:00:00 UTC`: the zone that cron lines are read in. */
export function utcTime(instant: string): string {
  return `${instant.slice(0, 10)} ${instant.slice(11, 19)} UTC`;
}

/** One line: when it ran, how long, how it ended, and what was special about it. */
export function describeRun(run: JobRunStatus): string {
  const { startedAt, endedAt, due, who, late, skipped } = run;
  const tookMs = Math.max(0, Date.parse(endedAt) - Date.parse(startedAt));
  const facts = [
    howItEnded(run),
    `after ${formatDuration(tookMs)}`,
    ...(who === 'schedule' ? [] : [`asked for by ${who}`]),
    ...(late && due !== null ? [`late: it was due at ${utcTime(due)}`] : []),
    ...(skipped > 0
      ? [`${skipped} ${skipped === 1 ? 'moment' : 'moments'} skipped while it ran`]
      : []),
  ];
  return `${utcTime(startedAt)}  ${facts.join(', ')}`;
}

function howItEnded({ outcome, exit, signal }: JobRunStatus): string {
  switch (outcome) {
    case 'done':
      return 'done';
    case 'deadline':
      return 'stopped at its deadline';
    case 'unseen':
      return 'ended while no controller was there to see how';
    case 'not-started':
      return 'could not be started';
    case 'failed':
      return signal === null ? `failed with exit code ${exit}` : `failed by ${signal}`;
  }
}
