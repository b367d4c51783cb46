import type { FlagStatus } from '../contract/flag-status.ts';
import {
  type FlagChange,
  type FlagDefinition,
  type FlagsRecord,
  isWritten,
  type SetFlag,
  type SetFlags,
} from '../contract/flags.ts';
import { switchRungs } from '../contract/switch-value.ts';
import { hasEnded } from '../derive/flags/flags-in-force.ts';
import type { SwitchedFeature } from './flags-reading.ts';

/** Every flag as it stands at a moment: switches first, each group by name. */
export function describeFlags(
  { document, from, changes }: FlagsRecord,
  set: SetFlags,
  features: readonly SwitchedFeature[],
  nowMs: number,
): readonly FlagStatus[] {
  const ladders = new Map(features.map(({ feature, ladder }) => [feature, ladder]));
  const flags = Object.entries(document.flags).map(([name, definition]) => {
    const by = set.flags[name];
    const about = { name, definition, ladder: ladders.get(name) ?? null };
    return by === undefined || hasEnded(by, nowMs)
      ? asWritten(about, from, changes[name])
      : byHand(about, by);
  });
  return flags.sort((a, b) => rank(a) - rank(b) || (a.name < b.name ? -1 : 1));
}

interface About {
  readonly name: string;
  readonly definition: FlagDefinition;
  /** Of the feature that it switches; null for a flag of the site's own. */
  readonly ladder: SwitchedFeature['ladder'] | null;
}

function asWritten(about: About, from: string, change: FlagChange | undefined): FlagStatus {
  const { definition } = about;
  const { state, defaultVariant, targeting, metadata } = definition;
  return {
    ...always(about),
    value: valueOf(definition),
    variant: state === 'DISABLED' ? null : (defaultVariant ?? null),
    targeted: state === 'ENABLED' && targeting !== undefined,
    from: isWritten(definition) ? from : 'default',
    since: isoOf(change?.atMs ?? null),
    expires: null,
    who: change?.who ?? null,
    why: textOf(metadata?.['why']),
  };
}

function byHand(about: About, by: SetFlag): FlagStatus {
  const { value, variant, atMs, expiresMs, who, why } = by;
  const times = { since: isoOf(atMs), expires: isoOf(expiresMs) };
  return { ...always(about), value, variant, targeted: false, from: 'hand', ...times, who, why };
}

/** What does not hang on what was set by hand. */
function always({
  name,
  definition,
  ladder,
}: About): Pick<FlagStatus, 'name' | 'kind' | 'default' | 'choices'> {
  const kind = ladder === null ? 'flag' : 'switch';
  return { name, kind, default: valueOf(definition), choices: choicesOf(definition, ladder) };
}

/** A DISABLED flag has the default of the code that asks. */
function valueOf({ state, variants, defaultVariant }: FlagDefinition): FlagStatus['value'] {
  if (state === 'DISABLED' || defaultVariant === undefined) return null;
  return variants[defaultVariant] ?? null;
}

function choicesOf(
  { variants }: FlagDefinition,
  ladder: SwitchedFeature['ladder'] | null,
): readonly string[] {
  const rungs = ladder === null ? [] : ['on', ...switchRungs(ladder)];
  return [...new Set([...rungs, ...Object.keys(variants)])];
}

function rank({ kind }: FlagStatus): number {
  return kind === 'switch' ? 0 : 1;
}

function isoOf(atMs: number | null): string | null {
  return atMs === null ? null : new Date(atMs).toISOString();
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}
