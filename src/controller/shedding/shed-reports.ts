import { SHED_REPORTS_PREFIX, type ShedReport } from '../../contract/shed-reports.ts';
import type { ServiceLoadStatus, StatusNote } from '../../contract/status.ts';
import type { State } from '../../ports/state/port.ts';

/** What the given workers told of their load; reports of others are of workers that are gone. */
export async function shedReports(
  state: Pick<State, 'list'>,
  workers: ReadonlySet<string>,
): Promise<readonly ShedReport[]> {
  return (await state.list(SHED_REPORTS_PREFIX))
    .map(({ value }) => value as ShedReport)
    .filter(({ worker }) => workers.has(worker));
}

/** A feature of which requests are turned away, by some worker or several. */
export interface SheddingFeature {
  readonly feature: string;
  readonly tier: 'core' | 'important' | 'sheddable';
  /** The earliest of all workers, in milliseconds since the epoch. */
  readonly sinceMs: number;
  /** Requests, since those workers started. */
  readonly shed: number;
  readonly workers: readonly string[];
}

/** By name, of those of whom requests are turned away now. */
export function sheddingFeatures(
  reports: readonly ShedReport[],
): ReadonlyMap<string, SheddingFeature> {
  const found = new Map<string, SheddingFeature>();
  for (const { worker, services } of reports) {
    for (const { feature, tier, shed, sinceMs } of services.flatMap(({ features }) => features)) {
      if (sinceMs === null) continue;
      const known = found.get(feature);
      found.set(feature, {
        feature,
        tier,
        sinceMs: Math.min(sinceMs, known?.sinceMs ?? sinceMs),
        shed: shed + (known?.shed ?? 0),
        workers: [...(known?.workers ?? []), worker],
      });
    }
  }
  return found;
}

/** What all workers together have before each service. */
export function loadStatuses(reports: readonly ShedReport[]): readonly ServiceLoadStatus[] {
  const all = reports.flatMap(({ services }) => services);
  const names = [...new Set(all.map(({ service }) => service))].sort();
  return names.map((service) => {
    const own = all.filter((load) => load.service === service);
    const sum = (of: (load: (typeof own)[number]) => number): number =>
      own.reduce((total, load) => total + of(load), 0);
    const shedOf = (tier: SheddingFeature['tier']): number =>
      sum(({ features }) =>
        features.reduce((total, each) => total + (each.tier === tier ? each.shed : 0), 0),
      );
    return {
      service,
      limit: sum(({ limit }) => limit ?? 0),
      inFlight: sum(({ inFlight }) => inFlight),
      shed: {
        core: shedOf('core'),
        important: shedOf('important'),
        sheddable: shedOf('sheddable'),
      },
    };
  });
}

const severities = { core: 'alert', important: 'warning', sheddable: 'note' } as const;

export function sheddingNotes(reports: readonly ShedReport[]): readonly StatusNote[] {
  return [...sheddingFeatures(reports).values()].map(({ feature, tier, shed, sinceMs }) => ({
    severity: severities[tier],
    code: 'shedding',
    about: feature,
    message: `Requests of ${feature} (${tier}) are turned away under overload: ${shed} so far.`,
    remedy: 'Give its service more instances, or switch off what can be spared.',
    since: new Date(sinceMs).toISOString(),
  }));
}
