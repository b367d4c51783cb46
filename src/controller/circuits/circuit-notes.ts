import type { CircuitStatus } from '../../contract/circuits.ts';
import type { StatusNote } from '../../contract/status.ts';
import { isOpen, reasonInWords } from './circuit-events.ts';
import type { SiteCircuitsStatus } from './site-circuits.ts';

/** What operators must know now: circuits that are open, and those that somebody holds. */
export function circuitNotes({ workers, holds }: SiteCircuitsStatus): readonly StatusNote[] {
  const open = new Map<string, CircuitStatus[]>();
  for (const status of workers.flatMap(({ circuits }) => circuits)) {
    if (isOpen(status)) open.set(status.circuit, [...(open.get(status.circuit) ?? []), status]);
  }
  return [
    ...[...open].map(([circuit, found]) => openNote(circuit, found, workers.length)),
    ...Object.entries(holds).map(([circuit, { position, who, why, atMs }]): StatusNote => ({
      severity: 'warning',
      code: 'circuit-held',
      about: circuit,
      message: `${who} holds the circuit ${circuit} ${position}${why === null ? '' : `: ${why}`}.`,
      remedy: `\`turnout circuits auto ${circuit}\` lets it judge by itself again.`,
      since: new Date(atMs).toISOString(),
    })),
  ];
}

function openNote(circuit: string, found: readonly CircuitStatus[], workers: number): StatusNote {
  const first = found.toSorted((a, b) => a.sinceMs - b.sinceMs)[0];
  const reason = first?.reason ?? null;
  const because = reason === null ? '' : `: ${reasonInWords(reason)}`;
  return {
    severity: 'alert',
    code: 'circuit-open',
    about: circuit,
    message: `The circuit ${circuit} is open in ${found.length} of ${workers} workers${because}.`,
    remedy:
      'It tries by itself every few seconds. See to what it names; `turnout circuits` shows more.',
    since: new Date(first?.sinceMs ?? 0).toISOString(),
  };
}
