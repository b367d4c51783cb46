import type { Command } from 'commander';
import type { JobStatus } from '../contract/job-status.ts';
import { TurnoutError } from '../lib/errors.ts';
import { addExamples } from './add-examples.ts';
import { askController } from './ask-controller.ts';
import { describeRun, utcTime } from './jobs/describe-run.ts';
import { addSiteOption, addStateOption, existingStateFolder } from './site-options.ts';
import type { StateOptions } from './site-options.ts';

interface JobsOptions extends StateOptions {
  readonly json?: boolean;
}

/** `turnout jobs`: what runs now and then, when next, and how it went. */
export function registerJobs(program: Command): void {
  const command = addSiteOption(program.command('jobs'))
    .argument('[service]', 'only those of this service')
    .summary('what runs now and then, when next, how it went last')
    .description('Lists the jobs of the site with their next and last run, as the controller says.')
    .option('--json', 'as JSON, the same as GET /api/jobs')
    .action(async (service: string | undefined, options: JobsOptions) => {
      const folder = existingStateFolder(options);
      const answer = await askController(folder, 'GET', '/api/jobs');
      const { jobs } = answer as { readonly jobs: readonly JobStatus[] };
      if (service !== undefined && jobs.every((job) => job.service !== service)) {
        throw noJobsOf(service, jobs);
      }
      const shown = jobs.filter((job) => service === undefined || job.service === service);
      const text = options.json ? `${JSON.stringify(shown, null, 2)}\n` : renderJobs(shown);
      process.stdout.write(text);
    });
  addExamples(addStateOption(command), 'turnout jobs', 'turnout jobs donations --json');
}

function noJobsOf(service: string, jobs: readonly JobStatus[]): TurnoutError {
  const services = [...new Set(jobs.map((job) => job.service))];
  return new TurnoutError(
    'job-unknown',
    `There are no jobs of ${JSON.stringify(service)}.`,
    services.length === 0 ? 'No service has any.' : `There are some of ${services.join(', ')}.`,
  );
}

function renderJobs(jobs: readonly JobStatus[]): string {
  if (jobs.length === 0) return 'There are no jobs.\n';
  return jobs.map((job) => `${renderJob(job)}\n`).join('');
}

function renderJob(job: JobStatus): string {
  const lines = [`${job.service}.${job.job}  ${job.schedule ?? 'in no manifest any more'}`];
  for (const { run, startedAt } of job.running) {
    lines.push(`  runs since ${utcTime(startedAt)}: ${run}`);
  }
  lines.push(`  next: ${job.next === null ? 'never' : utcTime(job.next)}`);
  lines.push(`  last: ${job.last === null ? 'never yet' : describeRun(job.last)}`);
  if (job.failuresInRow > 1) lines.push(`  failed ${job.failuresInRow} times in a row`);
  return lines.join('\n');
}
