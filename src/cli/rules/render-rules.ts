import type { AutoBanStats, RuleReport, RuleStats } from '../../contract/rule-reports.ts';

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

/** Of all workers together, its newest samples last; null where no worker has any. */
export function sumAutoBan(reports: readonly RuleReport[]): AutoBanStats | null {
  const all = reports.flatMap(({ autoBan }) => autoBan ?? []);
  const last = all.at(-1);
  if (last === undefined) return null;
  return {
    mode: last.mode,
    over: all.reduce((sum, { over }) => sum + over, 0),
    banned: all.reduce((sum, { banned }) => sum + banned, 0),
    samples: all.flatMap(({ samples }) => samples).toSorted((a, b) => a.atMs - b.atMs),
  };
}

/** A few lines for people; empty where edge.yaml has no auto-ban. */
export function renderAutoBan(stats: AutoBanStats | null): string {
  if (stats === null) return '';
  const { mode, over, banned, samples } = stats;
  const clients = over === 1 ? '1 client' : `${over} clients`;
  const did = mode === 'observe' ? 'it only observes' : `${banned} banned`;
  const lines = samples.map(({ atMs, network, limit, count }) => {
    return `${new Date(atMs).toISOString()}  ${network} went over ${limit}: ${count}`;
  });
  return `${['', `auto-ban: ${clients} went over a limit, ${did}`, ...lines].join('\n')}\n`;
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
