import { execFileSync, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { descendantsOf } from './descendants.ts';
import { endNow } from './end-now.ts';
import { proofs, type Proof } from './proofs.ts';
import { renderReport, type ProofResult } from './proof-report.ts';
import { inWords, verdictOf } from './verdict.ts';

/**
 * `npm run prove`: the full counts of kills, mutations and soaks. Each proof's result is kept under
 * `.prove/` by the commit it was made on, so a run that was cut off goes on where it stood; a new
 * commit (other than to reports) starts afresh.
 *
 *   npm run prove                 everything not proved yet on this commit
 *   npm run prove -- kills        only proofs whose name holds that text
 *   npm run prove -- --again      forget what was proved on this commit
 *   npm run prove -- --list       name them and say which are done
 */
const args = process.argv.slice(2);
const filters = args.filter((arg) => !arg.startsWith('--'));

function git(...command: string[]): string {
  return execFileSync('git', command, { encoding: 'utf8' }).trim();
}

/**
 * The newest commit that touched anything but the reports, which themselves are committed
 * afterwards.
 */
const commit = git('log', '-1', '--format=%H', '--', '.', ':!docs/proof');
const isDirty = git('status', '--porcelain', '--', '.', ':!docs/proof') !== '';
const folder = join('.prove', isDirty ? `${commit}-dirty` : commit);

function resultFile(proof: Proof): string {
  return join(folder, `${proof.name}.json`);
}

function readResult(proof: Proof): ProofResult | null {
  const file = resultFile(proof);
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as ProofResult) : null;
}

/** What a proof has started would disturb the next one, and who gave up the run altogether. */
function endWhatRuns(): void {
  for (const pid of descendantsOf(process.pid)) endNow(pid);
}

async function prove(proof: Proof): Promise<ProofResult> {
  const seed = process.env['TURNOUT_SEED'] ?? String(randomInt(2 ** 31));
  const numbersFile = join(folder, `${proof.name}.numbers`);
  rmSync(numbersFile, { force: true });
  const [command, ...rest] = proof.command;
  const startedMs = Date.now();
  const child = spawn(command, rest, {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: {
      ...process.env,
      TURNOUT_PROVE: 'full',
      TURNOUT_SEED: seed,
      TURNOUT_PROVE_NUMBERS: numbersFile,
    },
  });
  const late = setTimeout(endWhatRuns, proof.timeoutMs);
  const [status] = (await once(child, 'close')) as [number | null];
  clearTimeout(late);
  const numbers = existsSync(numbersFile)
    ? readFileSync(numbersFile, 'utf8').trim().split('\n')
    : [];
  return {
    name: proof.name,
    claim: proof.claim,
    verdict: verdictOf(status),
    seed,
    seconds: Math.round((Date.now() - startedMs) / 1000),
    numbers: numbers.filter((line) => line !== '').map((line) => JSON.parse(line) as never),
  };
}

for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const) {
  process.once(signal, () => {
    endWhatRuns();
    process.exit(code);
  });
}

mkdirSync(folder, { recursive: true });
if (args.includes('--again')) {
  rmSync(folder, { recursive: true });
  mkdirSync(folder, { recursive: true });
}
if (args.includes('--list')) {
  for (const proof of proofs) {
    const result = readResult(proof);
    const state = result === null ? 'to do' : inWords(result.verdict);
    console.log(`${state.padEnd(10)} ${proof.name.padEnd(24)} ${proof.claim}`);
  }
  process.exit();
}

for (const proof of proofs) {
  if (!filters.every((text) => proof.name.includes(text))) continue;
  const before = readResult(proof);
  if (before?.verdict === 'proved') {
    console.log(`proved  ${proof.name} (before, on this commit, seed ${before.seed})`);
    continue;
  }
  console.log(`\nproving ${proof.name}: ${proof.claim}`);
  const result = await prove(proof);
  writeFileSync(resultFile(proof), JSON.stringify(result));
  console.log(
    `${inWords(result.verdict)}  ${proof.name} in ${result.seconds} s, seed ${result.seed}`,
  );
}

const results = proofs.map((proof) => readResult(proof)).filter((result) => result !== null);
const missing = proofs.length - results.length;
const report = renderReport({ commit, isDirty, results, missing });
mkdirSync('docs/proof', { recursive: true });
if (!isDirty) writeFileSync(join('docs/proof', 'report.md'), report);
const count = (wanted: string): number =>
  results.filter(({ verdict }) => verdict === wanted).length;
const [failed, notJudged] = [count('failed'), count('not judged')];
console.log(isDirty ? '\nnot written: uncommitted changes' : '\nreport: docs/proof/report.md');
console.log(
  `${count('proved')} passed, ${failed} failed, ${notJudged} not judged, ${missing} to do`,
);
if (failed > 0 || notJudged > 0 || missing > 0) process.exitCode = 1;
