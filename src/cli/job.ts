import type { Command } from 'commander';
import type { JobHistory, JobRunStatus } from '../contract/job-status.ts';
import { TurnoutError } from '../lib/errors.ts';
import { addExamples } from './add-examples.ts';
import { askController } from './ask-controller.ts';
import { describeRun } from './jobs/describe-run.ts';
import { followRun } from './jobs/follow-run.ts';
import { withReason } from './person.ts';
import { addSiteOption, addStateOption, existingStateFolder } from './site-options.ts';
import type { StateOptions } from './site-options.ts';

interface RunOptions extends StateOptions {
  readonly wait?: boolean;
  readonly why?: string;
  readonly json?: boolean;
}

const argument = ['<service.job>', 'such as donations.receipts'] as const;

/** `turnout job`: one job, run by hand or looked back on. */
export function registerJob(program: Command): void {
  const group = program
    .command('job')
    .summary('run a job now, or see how its last runs went')
    .description('Runs a job of a service beside its schedule, or shows its last 50 runs.');
  registerRun(group);
  registerHistory(group);
  addExamples(
    group,
    'turnout job run donations.receipts --wait',
    'turnout job history donations.receipts',
  );
}

function registerRun(group: Command): void {
  const command = addSiteOption(group.command('run'))
    .argument(...argument)
    .summary('run it now')
    .option('--why <text>', 'why, for the journal')
    .option('--wait', 'print what it writes, and exit as it does')
    .option('--json', 'as JSON; with --wait how it ended, and what it writes to standard error')
    .action(async (name: string, options: RunOptions) => {
      const folder = existingStateFolder(options);
      const query = withReason(new URLSearchParams(), options).toString();
      const path = `/api/jobs/${checked(name)}/run?${query}`;
      const answer = await askController(folder, 'POST', path);
      const { run } = answer as { readonly run: string };
      if (!options.wait) {
        const said = `${run} is started. See \`turnout logs --instance ${run}\`.`;
        process.stdout.write(`${options.json ? JSON.stringify(answer, null, 2) : said}\n`);
        return;
      }
      const written = options.json ? process.stderr : process.stdout;
      const ended = await followRun(folder, name, run, written);
      if (options.json) process.stdout.write(`${JSON.stringify(ended, null, 2)}\n`);
      else tellEnd(run, ended);
      process.exitCode = ended.exit ?? 1;
    });
  addExamples(
    addStateOption(command),
    'turnout job run donations.receipts --wait',
    'turnout job run donations.receipts --why "the mailer was down"',
    'turnout job run donations.receipts --wait --json',
  );
}

function tellEnd(run: string, ended: JobRunStatus): void {
  process.stderr.write(`${run}: ${describeRun(ended)}\n`);
  const lines = ended.outcome === 'not-started' ? ended.lastLines : [];
  for (const line of lines) process.stderr.write(`${line}\n`);
}

function registerHistory(group: Command): void {
  const command = addSiteOption(group.command('history'))
    .argument(...argument)
    .summary('how its last 50 runs went')
    .option('--json', 'as JSON, the same as GET /api/jobs/SERVICE.JOB')
    .action(async (name: string, options: StateOptions & { readonly json?: boolean }) => {
      const folder = existingStateFolder(options);
      const answer = await askController(folder, 'GET', `/api/jobs/${checked(name)}`);
      const history = answer as JobHistory;
      const text = options.json ? JSON.stringify(history, null, 2) : renderHistory(history);
      process.stdout.write(`${text}\n`);
    });
  addExamples(
    addStateOption(command),
    'turnout job history donations.receipts',
    'turnout job history donations.receipts --json',
  );
}

function renderHistory({ runs }: JobHistory): string {
  if (runs.length === 0) return 'It has not run yet.';
  return runs
    .flatMap((run) => [describeRun(run), ...run.lastLines.map((line) => `    ${line}`)])
    .join('\n');
}

function checked(name: string): string {
  if (/^[a-z0-9-]{1,63}\.[a-z0-9-]{1,63}$/.test(name)) return name;
  throw new TurnoutError(
    'job-unknown',
    `${JSON.stringify(name)} is no name of a job.`,
    'Name service and job, such as donations.receipts; see `turnout jobs`.',
  );
}
