/**
 * What a record has under a name that people chose: never what every object has, for a flag may be
 * called `constructor`.
 */
export function ownValue<Value>(
  record: { readonly [name: string]: Value },
  name: string,
): Value | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}
