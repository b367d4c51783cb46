import { PROCESSES_PREFIX, type ProcessRecord } from '../contract/keys.ts';
import { RULE_REPORTS_PREFIX, type RuleReport } from '../contract/rule-reports.ts';
import type { StateFolder } from '../contract/state-folder.ts';
import { openSitePorts } from './embedded.ts';

/** What the workers of a site told of their rules; those that are gone are left out. */
export async function readRuleReports(folder: StateFolder): Promise<readonly RuleReport[]> {
  const ports = await openSitePorts(folder);
  try {
    const records = await ports.state.list(PROCESSES_PREFIX);
    const processes = new Set(records.map(({ value }) => (value as ProcessRecord).id));
    const reports = await ports.state.list(RULE_REPORTS_PREFIX);
    return reports
      .map(({ value }) => value as RuleReport)
      .filter(({ worker }) => processes.has(worker));
  } finally {
    await Promise.all([ports.state.close(), ports.journal.close()]);
  }
}
