import type { FeaturePolicy, RungPolicy } from '../../../derive/policies/policies.ts';
import type { ConfigurationFiles } from '../../kept-files.ts';

/** A rung with all at hand that it needs. */
export interface CompiledRung {
  readonly policy: RungPolicy;
  readonly methods: Pick<ReadonlySet<string>, 'has'>;
  /** Of `static`: what the file holds; null for every other, and where the file did not come. */
  readonly file: Uint8Array | null;
}

export interface CompiledStep {
  /** `db.primary`, `db`, or null for `otherwise`. */
  readonly need: string | null;
  readonly rungs: readonly CompiledRung[];
}

/** What a feature does when it fails. */
export interface CompiledLadder {
  readonly feature: string;
  readonly steps: readonly CompiledStep[];
  /** How old a last good answer may ever be used; 0 where no rung asks for one. */
  readonly staleMs: number;
  /** Files that stand in where there is no newer snapshot; null where no rung names one. */
  readonly staticFile: string | null;
  /** Equal for ladders that do the same, so that what is in force stays so. */
  readonly mark: string;
}

/** Null for a feature without a ladder. */
export function compileLadder(
  { feature, ladder }: FeaturePolicy,
  files: ConfigurationFiles,
  digests: Readonly<Record<string, string>>,
): CompiledLadder | null {
  if (ladder.length === 0) return null;
  const steps = ladder.map(({ need, rungs }) => ({
    need,
    rungs: rungs.map((policy) => ({
      policy,
      methods: new Set(policy.methods),
      file: policy.kind === 'static' ? (files.get(policy.file) ?? null) : null,
    })),
  }));
  const rungs = ladder.flatMap((step) => step.rungs);
  const named = rungs.flatMap((rung) => (rung.kind === 'static' ? [rung.file] : []));
  return {
    feature,
    steps,
    staleMs: Math.max(0, ...rungs.map((rung) => (rung.kind === 'stale' ? rung.forMs : 0))),
    staticFile: named[0] ?? null,
    mark: JSON.stringify([ladder, named.map((file) => digests[file] ?? null)]),
  };
}

/**
 * The rungs for a need that was lost: its own, or those of the need that it is a role of; else, and
 * where nobody knows which was lost, `otherwise`. Null where the manifest has none.
 */
export function stepFor(ladder: CompiledLadder, lost: string | null): CompiledStep | null {
  const { steps } = ladder;
  const otherwise = steps.find(({ need }) => need === null) ?? null;
  if (lost === null) return otherwise;
  return (
    steps.find(({ need }) => need === lost) ??
    steps.find(({ need }) => need !== null && lost.startsWith(`${need}.`)) ??
    otherwise
  );
}

/**
 * From the rungs of one kind down, whatever they are there for: a switch says so. Where nothing is
 * kept of a page that shall be stale, what stands below it is still better than nothing.
 */
export function stepOf({ steps }: CompiledLadder, kind: RungPolicy['kind']): CompiledStep {
  const rungs = steps.flatMap((step) => {
    const at = step.rungs.findIndex(({ policy }) => policy.kind === kind);
    return at === -1 ? [] : step.rungs.slice(at);
  });
  return { need: null, rungs };
}
