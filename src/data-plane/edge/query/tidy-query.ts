import type { QueryPolicy } from '../../../derive/policies/policies.ts';

/**
 * Compiles what the manifest says of a route's query. The function gives back the very same text
 * where there is nothing to change, so that the caller can tell; null is a query of no parameters.
 * What is left out is not in the key of the cache, and is not told to the service either: else one
 * request could have an answer kept that others get. Values stay as they were written.
 * Time and memory grow with the length of the query; an order costs n log n.
 */
export function compileQuery({
  allow,
  drop,
  sort,
}: QueryPolicy): (query: string | null) => string | null {
  const isDropped = matcher(drop);
  const isAllowed = allow === null ? () => true : matcher(allow);
  return (query) => {
    if (query === null) return null;
    const parameters = query
      .split('&')
      .filter((text) => text !== '')
      .map((text) => ({ text, name: nameOf(text) }));
    const kept = parameters.filter(({ name }) => isAllowed(name) && !isDropped(name));
    // Stable: `a=2&a=1` means something else than `a=1&a=2`.
    if (sort) kept.sort((one, other) => compare(one.name, other.name));
    const tidy = kept.map(({ text }) => text).join('&');
    if (tidy === query) return query;
    return tidy === '' ? null : tidy;
  };
}

/** As a service reads it; one that is no UTF-8 is told by its bytes as they were written. */
function nameOf(text: string): string {
  const end = text.indexOf('=');
  const raw = end === -1 ? text : text.slice(0, end);
  if (!/[%+]/.test(raw)) return raw;
  try {
    return decodeURIComponent(raw.replaceAll('+', ' '));
  } catch {
    return raw;
  }
}

function matcher(patterns: readonly string[]): (name: string) => boolean {
  const names = new Set(patterns.filter((pattern) => !pattern.endsWith('*')));
  const beginnings = patterns.filter((text) => text.endsWith('*')).map((text) => text.slice(0, -1));
  return (name) => names.has(name) || beginnings.some((beginning) => name.startsWith(beginning));
}

function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
