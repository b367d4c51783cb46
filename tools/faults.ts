import { brokenPromises, tableOf } from '../tests/end-to-end/faults/fault-report.ts';
import {
  accumulatingScene,
  aloneScenes,
  playFaults,
} from '../tests/end-to-end/faults/play-faults.ts';

/**
 * Takes replicas, primaries, both, caches and the disk of the queued writes away from a campaign
 * under load, each alone and then one after the other, and says what visitors saw.
 *
 *   node tools/faults.ts                all of it; exits 1 where a promise was broken
 *   node tools/faults.ts primaries      only scenes whose name holds that text
 *   node tools/faults.ts --json         the same for programs
 */
const args = process.argv.slice(2);
const filters = args.filter((arg) => !arg.startsWith('--'));
const scenes = [...aloneScenes, accumulatingScene].filter(
  ({ name }) => filters.length === 0 || filters.some((text) => name.includes(text)),
);
if (scenes.length === 0) throw new Error(`no scene has a name with ${filters.join(' or ')}`);

const report = await playFaults(scenes, (line) => process.stderr.write(`${line} …\n`));
const broken = brokenPromises(report.steps);
const { gifts, calls, lost, double, deadLetters } = report.owed;
if (args.includes('--json')) {
  process.stdout.write(`${JSON.stringify({ ...report, broken }, null, 2)}\n`);
} else {
  process.stdout.write(`${tableOf(report.steps)}\n\n`);
  process.stdout.write(
    `promised: ${gifts} gifts, ${calls} calls; lost ${lost.length}, double ${double.length}, ` +
      `set aside ${deadLetters}\n`,
  );
  for (const line of broken) process.stdout.write(`broken: ${line}\n`);
}
if (broken.length + lost.length + double.length + deadLetters > 0) process.exitCode = 1;
