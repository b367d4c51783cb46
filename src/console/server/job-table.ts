import { h, type JSX } from 'preact';
import type { JobRunStatus, JobStatus } from '../../contract/job-status.ts';
import { mark } from './marks.ts';
import { table } from './page.ts';
import { clockTime } from './words.ts';

/** The jobs of a service: when each runs, and how it went last. */
export function jobTable(jobs: readonly JobStatus[]): JSX.Element {
  return table(
    'Jobs',
    ['Job', 'When', 'Next', 'Last'],
    jobs.map((job) => [
      h('code', null, job.job),
      job.schedule ?? 'in no manifest any more',
      next(job),
      job.last === null ? 'never yet' : lastRun(job.last),
    ]),
  );
}

function next(job: JobStatus): JSX.Element | string {
  if (job.running.length > 0) return 'running';
  return job.next === null ? 'never' : clockTime(job.next);
}

const words: Readonly<Record<JobRunStatus['outcome'], string>> = {
  done: 'done',
  failed: 'failed',
  deadline: 'stopped at its deadline',
  unseen: 'ended unseen',
  'not-started': 'could not be started',
};

function lastRun({ outcome, endedAt }: JobRunStatus): JSX.Element {
  const tone = outcome === 'done' ? 'good' : outcome === 'unseen' ? 'idle' : 'bad';
  return h(
    'span',
    { class: `state ${tone}` },
    mark(tone),
    words[outcome],
    ' at ',
    clockTime(endedAt),
  );
}
