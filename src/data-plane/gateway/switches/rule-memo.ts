import type { FlagDefinition, FlagsDocument } from '../../../contract/flags.ts';
import type { Exchange } from '../../exchange.ts';

/** Answers kept of one rule; all are forgotten when there are more. */
const MOST_KEPT = 4_096;
const LONGEST_KEY_CHARACTERS = 500;

/** What a rule can tell requests apart by, where its answers are kept. */
const fields = {
  targetingKey: ({ request }: Exchange) => request.client.address,
  address: ({ request }: Exchange) => request.client.address,
  method: ({ request }: Exchange) => request.method,
  host: ({ request }: Exchange) => request.host,
  path: ({ request }: Exchange) => request.path,
};

type Field = keyof typeof fields;

/**
 * The same rule with its answers kept, by what it reads of a request: to ask it costs more than to
 * look. As it is, where it reads what is not in `fields`: the time, tags, or an item of a list.
 */
export function withMemo<Result>(
  definition: FlagDefinition,
  { $evaluators }: Pick<FlagsDocument, '$evaluators'>,
  ask: (exchange: Exchange) => Result,
): (exchange: Exchange) => Result {
  const read = new Set<string>();
  const isKnown = collect([definition.targeting ?? null, Object.values($evaluators)], read);
  if (!isKnown) return ask;
  const reads = [...read].map((name) => fields[name as Field]);
  const kept = new Map<string, Result>();
  return (exchange) => {
    let key = '';
    for (const readField of reads) key += `${readField(exchange)}\n`;
    const there = kept.get(key);
    if (there !== undefined) return there;
    const result = ask(exchange);
    if (key.length > LONGEST_KEY_CHARACTERS) return result;
    if (kept.size >= MOST_KEPT) kept.clear();
    kept.set(key, result);
    return result;
  };
}

/** Gathers the fields that a rule reads; false where it reads something else. */
function collect(rule: unknown, read: Set<string>): boolean {
  if (typeof rule !== 'object' || rule === null) return true;
  if (Array.isArray(rule)) return rule.every((each) => collect(each, read));
  return Object.entries(rule).every(([operator, args]) => {
    // Shares by who asks, unless a rule says by what.
    if (operator === 'fractional') read.add('targetingKey');
    if (operator === 'missing' || operator === 'missing_some') return false;
    if (operator !== 'var') return collect(args, read);
    const [name]: readonly unknown[] = Array.isArray(args) ? args : [args];
    if (name === '$flagd.flagKey') return true;
    if (typeof name !== 'string' || !Object.hasOwn(fields, name)) return false;
    read.add(name);
    return true;
  });
}
