import { Cron } from 'croner';
import { locate } from '../manifests.ts';
import type { Job } from '../model.ts';
import type { CheckedSite } from './check.ts';

/** When jobs run: a cron line that has no moment at all would never be noticed otherwise. */
export function checkJobs({ manifests, content, problems }: CheckedSite): void {
  for (const [index, manifest] of manifests.services.entries()) {
    if (!manifest.usable) continue;
    for (const job of content.services[index]?.jobs ?? []) {
      const { node, path } = locate(manifest, 'jobs', job.name, 'cron');
      if (problems.isWrong(path)) continue;
      const wrong = whyNever(job);
      if (wrong === null) continue;
      problems.add({
        code: 'cron-invalid',
        spot: node,
        path,
        message: `The job “${job.name}” would never run: ${wrong}.`,
        expected: 'minute, hour, day of the month, month and day of the week, in UTC',
        remedy: 'Write for example `cron: 0 4 * * mon`: each Monday at four.',
      });
    }
  }
}

/** The library that will keep time says it, so that what passes here runs there. */
function whyNever({ schedule }: Job): string | null {
  if (schedule.kind === 'every') return null;
  try {
    const cron = new Cron(schedule.cron, { timezone: 'UTC', mode: '5-part' });
    return cron.nextRun() === null ? 'there is no such day' : null;
  } catch (error) {
    return (error as Error).message.replace(/^CronPattern: /, '').replace(/\.$/, '');
  }
}
