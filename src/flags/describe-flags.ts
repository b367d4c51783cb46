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
import { ownValue } from '../lib/own-value.ts';
import type { SwitchedFeature } from './flags-reading.ts';

/**
 * Every flag as it stands at a moment: switches first, each group by name. Among them what is set
 * by hand and written no more, which has no effect: whoever takes it back must see it.
 */
export function describeFlags(
  { document, from, changes }: FlagsRecord,
  set: SetFlags,
  features: readonly SwitchedFeature[],
  nowMs: number,
): readonly FlagStatus[] {
  const ladders = new Map(features.map(({ feature, ladder }) => [feature, ladder]));
  const flags = Object.entries(document.flags).map(([name, definition]) => {
    const by = ownValue(set.flags, name);
    const about = { name, definition, ladder: ladders.get(name) ?? null };
    return by === undefined || hasEnded(by, nowMs)
      ? asWritten(about, from, ownValue(changes, name))
      : byHand(about, by, by.value);
  });
  const forgotten = Object.entries(set.flags)
    .filter(([name, by]) => !Object.hasOwn(document.flags, name) && !hasEnded(by, nowMs))
    .map(([name, by]) => byHand({ name, definition: nothing, ladder: null }, by, null));
  return [...flags, ...forgotten].sort((a, b) => rank(a) - rank(b) || (a.name < b.name ? -1 : 1));
}

/** What is written of a flag that is not. */
const nothing: FlagDefinition = { state: 'ENABLED', variants: {} };

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

function byHand(about: About, by: SetFlag, value: FlagStatus['value']): FlagStatus {
  const { variant, atMs, expiresMs, who, why } = by;
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
