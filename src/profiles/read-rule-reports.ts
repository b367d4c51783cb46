import { PROCESSES_PREFIX, type ProcessRecord } from '../contract/keys.ts';
import { RULE_REPORTS_PREFIX, type RuleReport } from '../contract/rule-reports.ts';
import type { StateFolder } from '../contract/state-folder.ts';
import type { State } from '../ports/state/port.ts';
import { openSitePorts } from './embedded.ts';

/**
 * What the workers of a site told of their rules and of auto-ban; those that are gone are left out.
 */
export async function ruleReports(state: Pick<State, 'list'>): Promise<readonly RuleReport[]> {
  const records = await state.list(PROCESSES_PREFIX);
  const processes = new Set(records.map(({ value }) => (value as ProcessRecord).id));
  const reports = await state.list(RULE_REPORTS_PREFIX);
  return reports
    .map(({ value }) => value as RuleReport)
    .filter(({ worker }) => processes.has(worker));
}

/** The same, for who has no state open. */
export async function readRuleReports(folder: StateFolder): Promise<readonly RuleReport[]> {
  const ports = await openSitePorts(folder);
  try {
    return await ruleReports(ports.state);
  } finally {
    await Promise.all([ports.state.close(), ports.journal.close()]);
  }
}
