import type { AddressList } from '../../../lib/edge-language.ts';

/**
 * The tables as rules look into them. A view stays the same object for as long as its configuration
 * is in force; what it holds changes under it, between two requests.
 */
export interface TableViews {
  /**
   * A `cidr` table as an AddressList, a `map` as a Map, a `set` as a Map from each word to ''; both
   * without what has expired. Undefined for a table that is not declared.
   */
  get(name: string): AddressList | ReadonlyMap<string, string> | undefined;
}
