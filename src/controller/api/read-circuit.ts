import { TurnoutError } from '../../lib/errors.ts';
import type { CircuitRequest } from '../circuits/site-circuits.ts';

const longest = 1_000;

/** What `POST /api/circuits` is asked: `circuit`, `to`, `why`. Throws `query-invalid`. */
export function readCircuit(query: URLSearchParams, who: string): CircuitRequest {
  const circuit = query.get('circuit') ?? '';
  const to = query.get('to');
  const why = query.get('why');
  if (to !== 'open' && to !== 'closed' && to !== 'auto') {
    throw invalid('`to` is `open`, `closed` or `auto`.');
  }
  if ((why ?? '').length > longest) throw invalid(`\`why\` is longer than ${longest} letters.`);
  return { circuit, to, who, why };
}

function invalid(message: string): TurnoutError {
  return new TurnoutError('query-invalid', message, 'See `turnout circuits --help`.');
}
