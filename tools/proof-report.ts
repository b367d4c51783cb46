import { arch, cpus, release, totalmem } from 'node:os';
import { inWords, type Verdict } from './verdict.ts';

export interface ProofResult {
  readonly name: string;
  readonly claim: string;
  readonly verdict: Verdict;
  readonly seed: string;
  readonly seconds: number;
  readonly numbers: readonly {
    readonly title: string;
    readonly numbers: Record<string, unknown>;
  }[];
}

/**
 * The report as Markdown: what was proved, on which commit and machine, with which seeds and
 * numbers.
 */
export function renderReport(run: {
  readonly commit: string;
  readonly isDirty: boolean;
  readonly results: readonly ProofResult[];
  readonly missing: number;
}): string {
  const cpu = cpus();
  const gib = Math.round(totalmem() / 2 ** 30);
  const rows = run.results.map(
    ({ name, claim, verdict, seed, seconds }) =>
      `| ${name} | ${claim} | ${inWords(verdict)} | ${seconds} | ${seed} |`,
  );
  return [
    '# Proof',
    '',
    'Written by `npm run prove`. Replay one with `TURNOUT_SEED=<seed> npm run prove -- <name> --again`.',
    '',
    `- commit: ${run.commit}${run.isDirty ? ' with uncommitted changes' : ''}`,
    `- Node.js: ${process.version}`,
    `- machine: ${cpu.length} × ${cpu[0]?.model.trim() ?? 'unknown'}, ${gib} GiB, Linux ${release()} ${arch()}`,
    `- proofs not run: ${run.missing}`,
    '',
    '| proof | claim | verdict | seconds | seed |',
    '| --- | --- | --- | --- | --- |',
    ...rows,
    '',
    ...run.results.flatMap(renderNumbers),
  ].join('\n');
}

function renderNumbers(result: ProofResult): string[] {
  if (result.numbers.length === 0) return [];
  const lines = result.numbers.flatMap(({ title, numbers }) => [
    `### ${title}`,
    '',
    ...Object.entries(numbers).flatMap(([key, value]) =>
      isTable(value) ? renderTable(value) : [`- ${key}: ${asText(value)}`],
    ),
    '',
  ]);
  return [`## ${result.name}`, '', ...lines];
}

type Row = Readonly<Record<string, unknown>>;

function isTable(value: unknown): value is readonly Row[] {
  return Array.isArray(value) && value.length > 0 && value.every((row) => typeof row === 'object');
}

function renderTable(rows: readonly Row[]): string[] {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  return [
    `| ${columns.join(' | ')} |`,
    `|${columns.map(() => ' ---: |').join('')}`,
    ...rows.map((row) => `| ${columns.map((column) => asText(row[column] ?? '')).join(' | ')} |`),
  ];
}

function asText(value: unknown): string {
  return typeof value === 'object' ? `\`${JSON.stringify(value)}\`` : String(value);
}
