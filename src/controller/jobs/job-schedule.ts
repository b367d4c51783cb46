import { Cron } from 'croner';
import { formatDuration } from '../../lib/duration.ts';
import type { JobPlan } from '../../derive/release-plan/release-plan.ts';

export type JobSchedule = JobPlan['schedule'];

/**
 * The first moment of a schedule after another, in milliseconds since the epoch; null when there is
 * none. Cron fields are read in UTC, where no hour is missing and none comes twice.
 */
export function nextMoment(schedule: JobSchedule, afterMs: number): number | null {
  if (schedule.kind === 'every') return afterMs + schedule.everyMs;
  const cron = new Cron(schedule.cron, { timezone: 'UTC', mode: '5-part' });
  return cron.nextRun(new Date(afterMs))?.getTime() ?? null;
}

/** `every 1m`, or the cron fields as they were written. */
export function describeSchedule(schedule: JobSchedule): string {
  return schedule.kind === 'every' ? `every ${formatDuration(schedule.everyMs)}` : schedule.cron;
}
