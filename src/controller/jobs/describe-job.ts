import type {
  JobHistory,
  JobRunStatus,
  JobStatus,
  RunningJobStatus,
} from '../../contract/job-status.ts';
import type { StatusNote } from '../../contract/status.ts';
import type { JobPlan } from '../../derive/release-plan/release-plan.ts';
import { describeSchedule } from './job-schedule.ts';
import type { EndedRun, JobRun, JobState } from './job-state.ts';
import { dueMoment } from './step-job.ts';

/** Once might be chance; three times in a row is how it is. */
const noteAfterFailures = 3;

export interface NamedJob {
  readonly service: string;
  readonly job: string;
}

export function describeJob(
  { service, job }: NamedJob,
  state: JobState,
  plan: JobPlan | null,
): JobStatus {
  const dueMs = dueMoment(state, { plan });
  const [last] = state.ended;
  return {
    service,
    job,
    schedule: plan === null ? null : describeSchedule(plan.schedule),
    overlap: plan?.overlap ?? null,
    deadlineMs: plan?.deadlineMs ?? null,
    next: iso(dueMs),
    running: state.running.map(describeRunning),
    last: last === undefined ? null : describeEnded(last),
    failuresInRow: state.failuresInRow,
  };
}

export function describeHistory(name: NamedJob, state: JobState, plan: JobPlan | null): JobHistory {
  return { ...describeJob(name, state, plan), runs: state.ended.map(describeEnded) };
}

/** What an operator must know of a job that fails again and again. */
export function noteJob({ service, job }: NamedJob, state: JobState): readonly StatusNote[] {
  const [last] = state.ended;
  if (last === undefined || state.failuresInRow < noteAfterFailures) return [];
  const since = state.ended[Math.min(state.failuresInRow, state.ended.length) - 1] ?? last;
  const lines = last.lastLines.slice(-5).map((line) => `\n  ${line}`);
  return [
    {
      severity: 'warning',
      code: 'job-failing',
      about: service,
      message: `The job ${service}.${job} failed ${state.failuresInRow} times in a row. Last: ${howEnded(last)}${lines.join('')}`,
      remedy: `See \`turnout job history ${service}.${job}\` and \`turnout logs --instance ${last.id}\`.`,
      since: new Date(since.endedMs).toISOString(),
    },
  ];
}

function howEnded({ outcome, exit }: EndedRun): string {
  if (outcome === 'deadline') return 'stopped at its deadline';
  if (outcome === 'not-started') return 'it could not be started';
  return exit.signal === null ? `exit code ${exit.code}` : `signal ${exit.signal}`;
}

function describeRunning({ id, momentMs, startedMs, who }: JobRun): RunningJobStatus {
  return { run: id, due: iso(momentMs), startedAt: new Date(startedMs).toISOString(), who };
}

function describeEnded(run: EndedRun): JobRunStatus {
  const { who, release, outcome, late, skipped, lastLines } = run;
  return {
    run: run.id,
    due: iso(run.momentMs),
    startedAt: new Date(run.startedMs).toISOString(),
    endedAt: new Date(run.endedMs).toISOString(),
    who,
    release,
    outcome,
    exit: run.exit.code,
    signal: run.exit.signal,
    late,
    skipped,
    lastLines,
  };
}

function iso(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}
