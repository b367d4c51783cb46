import { declaredFeatures, type DeclaredFeature, type Lost, surelySeen } from './declared.ts';
import { isWorse, type SeenRung } from './rungs.ts';
import type { Sightings } from './sightings.ts';

export interface FeatureReport {
  readonly feature: string;
  readonly tier: DeclaredFeature['tier'];
  /** The worst that its ladder allows while this is lost. */
  readonly declared: SeenRung;
  /** How many answers were of which kind. */
  readonly seen: Readonly<Partial<Record<SeenRung, number>>>;
  /** Answers that were worse than what is declared. */
  readonly worse: number;
  readonly said: readonly string[];
  /** Until the first answer by the rung; null where none was to be seen. */
  readonly toRungMs: number | null;
  /** From the end of the fault to the last answer by anything but the service; null before. */
  readonly backMs: number | null;
}

export interface FaultReport {
  readonly title: string;
  /** Of core features: how many were asked, and how many got less than is declared. */
  readonly core: { readonly asked: number; readonly failed: number };
  readonly features: readonly FeatureReport[];
}

interface Period {
  readonly lost: Lost;
  readonly atMs: number;
  readonly untilMs: number;
  /** When all was given back; null where another fault came instead. */
  readonly undoneMs: number | null;
}

export function reportOf(title: string, sightings: Sightings, period: Period): FaultReport {
  const features = declaredFeatures.map((one) => reportFeature(one, sightings, period));
  const core = features.filter(({ tier }) => tier === 'core');
  const asked = core.flatMap(({ seen }) => Object.values(seen)).reduce((sum, n) => sum + n, 0);
  const failed = core.reduce((sum, { worse }) => sum + worse, 0);
  return { title, core: { asked, failed }, features };
}

function reportFeature(
  declared: DeclaredFeature,
  sightings: Sightings,
  { lost, atMs, untilMs, undoneMs }: Period,
): FeatureReport {
  const { feature, tier } = declared;
  const all = sightings.of(feature, atMs, untilMs);
  const seen: Partial<Record<SeenRung, number>> = {};
  for (const { rung } of all) seen[rung] = (seen[rung] ?? 0) + 1;
  const worst = declared.worst(lost);
  const worse = all.filter(({ rung }) => isWorse(rung, worst));
  const rung = surelySeen(declared, lost);
  const first = rung === null ? undefined : all.find((one) => one.rung === rung);
  const lastDegraded = all.findLast((one) => one.rung !== 'service');
  return {
    feature,
    tier,
    declared: worst,
    seen,
    worse: worse.length,
    said: worse.slice(0, 3).map(({ rung: got, said }) => `${got} ${said}`),
    toRungMs: first === undefined ? null : Math.round(first.answeredMs - atMs),
    backMs:
      undoneMs === null
        ? null
        : Math.max(0, Math.round((lastDegraded?.answeredMs ?? undoneMs) - undoneMs)),
  };
}

/** A table for people, one line a feature under each fault. */
export function tableOf(reports: readonly FaultReport[]): string {
  return reports
    .map(({ title, core: { asked, failed }, features }) => {
      return `${title}: of ${asked} core requests ${failed} failed\n${linesOf(features)}`;
    })
    .join('\n\n');
}

function linesOf(features: readonly FeatureReport[]): string {
  const header = ['feature', 'tier', 'declared', 'seen', 'worse', 'to rung', 'back'];
  const rows = features.map((one) => [
    one.feature,
    one.tier,
    one.declared,
    Object.entries(one.seen)
      .map(([rung, times]) => `${rung} ${times}`)
      .join(', '),
    String(one.worse),
    inMs(one.toRungMs),
    inMs(one.backMs),
  ]);
  const all = [header, ...rows];
  const widths = header.map((_, at) => Math.max(...all.map((row) => (row[at] ?? '').length)));
  return all
    .map((row) => `  ${row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join('  ')}`.trimEnd())
    .join('\n');
}

function inMs(ms: number | null): string {
  return ms === null ? '-' : `${ms} ms`;
}

/** What must not be: a feature that answered worse than its ladder says. */
export function brokenPromises(reports: readonly FaultReport[]): readonly string[] {
  return reports.flatMap(({ title, features }) =>
    features
      .filter(({ worse }) => worse > 0)
      .map(({ feature, worse, declared, said }) => {
        return `${title}: ${feature} was worse than ${declared} ${worse} times: ${said.join('; ')}`;
      }),
  );
}
