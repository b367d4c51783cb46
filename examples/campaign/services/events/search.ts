import { findCounty } from '../../shared/counties.ts';
import type { Checked, FieldProblem } from '../../shared/field-problem.ts';
import { kinds } from './event.ts';

/** Which events somebody wants to see; null is any. */
export interface Search {
  readonly county: string | null;
  readonly kind: string | null;
  /** `2026-11-24`, by the clock of the state. */
  readonly date: string | null;
  readonly page: number;
}

const LAST_PAGE = 200;

/** Reads a search out of a query, and says everything that is wrong with it at once. */
export function readSearch(query: URLSearchParams): Checked<Search> {
  const problems: FieldProblem[] = [];
  const county = query.get('county') || null;
  const kind = query.get('kind') || null;
  const date = query.get('date') || null;
  const page = Number(query.get('page') ?? 1);
  if (county !== null && findCounty(county) === undefined) {
    problems.push({ field: 'county', message: 'We know no such county.' });
  }
  if (kind !== null && !kinds.some(({ slug }) => slug === kind)) {
    problems.push({ field: 'kind', message: 'There is no such kind of event.' });
  }
  if (date !== null && !isDate(date)) {
    problems.push({ field: 'date', message: 'Write the date as 2026-11-24.' });
  }
  if (!Number.isInteger(page) || page < 1 || page > LAST_PAGE) {
    problems.push({ field: 'page', message: `Ask for page 1 to ${LAST_PAGE}.` });
  }
  if (problems.length > 0) return { kind: 'invalid', problems };
  return { kind: 'valid', value: { county, kind, date, page } };
}

/** A day that the calendar has: the 30th of February is none. */
function isDate(text: string): boolean {
  if (!/^20\d\d-\d\d-\d\d$/.test(text)) return false;
  const time = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text);
}
