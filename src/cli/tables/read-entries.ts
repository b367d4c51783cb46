import type { StateFolder } from '../../contract/state-folder.ts';
import type { ShownEntry, TablePage, TableSummary } from '../../controller/tables/table-changes.ts';
import { askController } from '../ask-controller.ts';

/** All entries of a table that people made, page by page; a file's are counted only. */
export async function readEntries(
  folder: StateFolder,
  table: string,
): Promise<{ readonly table: TableSummary; readonly entries: readonly ShownEntry[] }> {
  const path = `/api/tables/${encodeURIComponent(table)}`;
  const entries: ShownEntry[] = [];
  for (let after = ''; ;) {
    const page = (await askController(folder, 'GET', `${path}${after}`)) as unknown as TablePage;
    entries.push(...page.entries);
    if (page.next === null) return { table: page.table, entries };
    after = `?after=${encodeURIComponent(page.next)}`;
  }
}
