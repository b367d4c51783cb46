import type { CircuitReason, CircuitReport, CircuitStatus } from '../../contract/circuits.ts';

export interface CircuitEvent {
  readonly kind: 'circuit.opened' | 'circuit.closed';
  readonly circuit: string;
  readonly why: string;
}

/**
 * What happened between two reports of a worker. One that tried and failed stays open: that is no
 * event. What is held by hand is journaled with the person who did it.
 */
export function circuitEvents(
  before: CircuitReport | undefined,
  after: CircuitReport,
): readonly CircuitEvent[] {
  const earlier = new Map(before?.circuits.map((status) => [status.circuit, status]) ?? []);
  return after.circuits.flatMap((status) => changes(earlier.get(status.circuit), status));
}

function changes(before: CircuitStatus | undefined, after: CircuitStatus): CircuitEvent[] {
  const { circuit, reason } = after;
  const wasOpen = before !== undefined && isOpen(before);
  const events: CircuitEvent[] = [];
  const hasOpened = isOpen(after) || after.opened > (before?.opened ?? 0);
  if (!wasOpen && hasOpened) {
    const why = reason === null ? 'too many calls failed, for a moment' : reasonInWords(reason);
    events.push({ kind: 'circuit.opened', circuit, why });
  }
  if ((wasOpen || events.length > 0) && after.state === 'closed') {
    events.push({ kind: 'circuit.closed', circuit, why: 'a call that tried went well' });
  }
  return events;
}

export function isOpen({ state }: CircuitStatus): boolean {
  return state === 'open' || state === 'half-open';
}

/** `12 of 20 calls failed, most for db.primary`. */
export function reasonInWords({ calls, failed, slow, need }: CircuitReason): string {
  const parts = [
    ...(failed > 0 ? [`${failed} of ${calls} calls failed`] : []),
    ...(slow > 0 ? [`${slow} of ${calls} calls were too slow`] : []),
  ];
  return `${parts.join(' and ')}${need === null ? '' : `, most for ${need}`}`;
}
