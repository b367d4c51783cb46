import type { RuleReport, RuleStats } from '../../contract/rule-reports.ts';

/** The rules of all workers together, in the order of the first worker that has them. */
export function sumRules(reports: readonly RuleReport[]): readonly RuleStats[] {
  const sums = new Map<string, RuleStats>();
  for (const stats of reports.flatMap(({ rules }) => rules)) {
    const before = sums.get(stats.rule);
    sums.set(stats.rule, before === undefined ? stats : sum(before, stats));
  }
  return [...sums.values()];
}

function sum(one: RuleStats, other: RuleStats): RuleStats {
  const observations = [...one.observations, ...other.observations];
  return {
    rule: one.rule,
    mode: other.mode,
    hits: one.hits + other.hits,
    observed: one.observed + other.observed,
    errors: one.errors + other.errors,
    limited: one.limited + other.limited,
    observations: observations.toSorted((a, b) => a.atMs - b.atMs),
  };
}

/** A table for people, with what observing rules would have done under it. */
export function renderRules(rules: readonly RuleStats[]): string {
  if (rules.length === 0) return 'No worker has told of a rule.\n';
  const head = ['rule', 'mode', 'hits', 'held back', 'errors'];
  const rows = rules.map(({ rule, mode, hits, limited, errors }) => [
    rule,
    mode,
    ...[hits, limited, errors].map(String),
  ]);
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => (row[column] ?? '').length)),
  );
  const table = [head, ...rows].map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  const observed = rules.flatMap(({ rule, observations }) =>
    observations.map(
      ({ atMs, address, method, host, path, would }) =>
        `${new Date(atMs).toISOString()}  ${rule} would ${would}: ${address} ${method} ${host}${path}`,
    ),
  );
  const sample = observed.length === 0 ? [] : ['', 'The newest that only observed:', ...observed];
  return `${[...table, ...sample].join('\n')}\n`;
}
