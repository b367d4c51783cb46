import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fullSize, generateSite, type SiteSize } from './generate-site.ts';

/*
 * How long `turnout check` and `turnout derive` take, process start included, on sites of a
 * quarter, half and all of the full size: linear growth is a straight line through the process
 * start.
 */
const turnout = fileURLToPath(new URL('../bin/turnout.js', import.meta.url));
const rounds = Number(process.env['ROUNDS'] ?? 5);

/** Says at its end how much processor time a process took, which a busy machine hardly changes. */
const tellCpu = `data:text/javascript,process.on('exit', () => {
  const { user, system } = process.cpuUsage();
  process.stderr.write('CPU ' + (user + system) / 1000);
})`;

/** The best time by the clock and the median processor time. */
function timesOf(args: readonly string[]): string {
  const wallMs: number[] = [];
  const cpuMs: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const startedMs = performance.now();
    const { status, stderr } = spawnSync(
      process.execPath,
      ['--import', tellCpu, turnout, ...args],
      { encoding: 'utf8', maxBuffer: 256 * 1024 * 1024 },
    );
    wallMs.push(performance.now() - startedMs);
    if (status !== 0) throw new Error(`turnout ${args.join(' ')}: ${stderr.slice(0, 2000)}`);
    cpuMs.push(Number(/CPU ([\d.]+)$/.exec(stderr)?.[1]));
  }
  const median = cpuMs.sort((a, b) => a - b)[Math.floor(rounds / 2)] ?? Number.NaN;
  return `${Math.min(...wallMs).toFixed(0)} / ${median.toFixed(0)}`.padStart(12);
}

const root = await mkdtemp(join(tmpdir(), 'turnout-bench-'));
try {
  console.log(
    `best wall clock / median processor time of ${rounds} runs in ms, process start included`,
  );
  console.log(`start alone (turnout --version)     ${timesOf(['--version'])}`);
  for (const share of [0.25, 0.5, 1]) {
    const size: SiteSize = {
      services: Math.round(fullSize.services * share),
      frontends: Math.round(fullSize.frontends * share),
      features: Math.round(fullSize.features * share),
    };
    const directory = join(root, String(share));
    await generateSite(directory, size);
    const check = timesOf(['check', directory]);
    const derive = timesOf(['derive', directory, '--only', 'routes']);
    console.log(
      `${String(size.services).padStart(4)} services, ${String(size.features).padStart(4)} features` +
        `   check ${check}   check and derive ${derive}`,
    );
  }
} finally {
  await rm(root, { recursive: true });
}
