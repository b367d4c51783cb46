import type { CircuitStatus } from '../../contract/circuits.ts';
import { isOpen, reasonInWords } from '../../controller/circuits/circuit-events.ts';
import type { SiteCircuitsStatus } from '../../controller/circuits/site-circuits.ts';
import { table } from '../render-status.ts';

/** The circuits of all workers together, and what else holds requests back, as lines. */
export function renderCircuits(status: SiteCircuitsStatus, nowMs: number): readonly string[] {
  if (status.workers.length === 0) return ['no worker has told of its circuits yet'];
  const names = new Set(status.workers.flatMap(({ circuits }) => circuits.map((c) => c.circuit)));
  const rows = [...names].sort().map((name) => row(name, status, nowMs));
  return [
    ...table([['circuit', 'state', 'since', 'calls', 'bad', 'opened', 'refused', 'why'], ...rows]),
    ...limitLines(status),
    ...instanceLines(status),
  ];
}

function row(name: string, { workers, holds }: SiteCircuitsStatus, nowMs: number): string[] {
  const told = workers.flatMap(({ circuits }) => circuits.filter((c) => c.circuit === name));
  const worst = told.toSorted((a, b) => gravity(b) - gravity(a) || a.sinceMs - b.sinceMs);
  const first = worst[0];
  if (first === undefined) return [];
  const alike = told.filter(({ state }) => state === first.state).length;
  const where = alike === told.length ? '' : ` in ${alike} of ${told.length}`;
  const sum = (count: (status: CircuitStatus) => number): string =>
    String(told.reduce((all, each) => all + count(each), 0));
  const hold = holds[name] ?? holds[name.split('/')[0] ?? name];
  const held =
    hold === undefined ? '' : `by ${hold.who}${hold.why === null ? '' : `: ${hold.why}`}`;
  return [
    name,
    `${first.state}${where}`,
    ago(nowMs - first.sinceMs),
    sum(({ calls }) => calls),
    sum(({ bad }) => bad),
    sum(({ opened }) => opened),
    sum(({ refused }) => refused),
    first.reason === null ? held : reasonInWords(first.reason),
  ];
}

function gravity(status: CircuitStatus): number {
  if (isOpen(status)) return 3;
  return status.state === 'held-open' ? 2 : status.state === 'held-closed' ? 1 : 0;
}

function limitLines({ workers }: SiteCircuitsStatus): readonly string[] {
  const all = workers.flatMap(({ limits }) => limits);
  const features = [...new Set(all.map(({ feature }) => feature))].sort();
  const rows = features.map((feature) => {
    const told = all.filter((one) => one.feature === feature);
    const inFlight = told.reduce((sum, one) => sum + one.inFlight, 0);
    return [feature, String(told[0]?.limit ?? 0), String(inFlight), told.map(part).join(' + ')];
  });
  if (rows.length === 0) return [];
  return ['', ...table([['feature', 'limit of the site', 'in flight', 'shares'], ...rows])];
}

function part({ share }: { readonly share: number }): string {
  return String(share);
}

function instanceLines({ workers }: SiteCircuitsStatus): readonly string[] {
  const rows = workers.flatMap(({ worker, instances }) =>
    instances.map(({ service, instance, state }) => [
      service,
      instance,
      state,
      `seen by ${worker}`,
    ]),
  );
  return rows.length === 0 ? [] : ['', ...table([['service', 'instance', 'state', ''], ...rows])];
}

function ago(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1_000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h`;
}
