import {
  type FlagDefinition,
  type FlagsRecord,
  SET_FLAGS_KEY,
  SET_FLAGS_LIMIT,
  type SetFlag,
  type SetFlags,
  WRITTEN_FLAGS_KEY,
} from '../contract/flags.ts';
import { hasEnded } from '../derive/flags/flags-in-force.ts';
import { TurnoutError } from '../lib/errors.ts';
import type { JsonValue } from '../lib/json.ts';
import { nearestName } from '../lib/nearest-name.ts';
import { ownValue } from '../lib/own-value.ts';
import type { Clock } from '../ports/clock/port.ts';
import type { Journal } from '../ports/journal/port.ts';
import type { State } from '../ports/state/port.ts';
import { chooseValue, type WantedValue } from './choose-value.ts';
import type { SwitchedFeature } from './flags-reading.ts';

export interface SetParts {
  readonly state: State;
  readonly journal: Journal;
  readonly clock: Pick<Clock, 'nowMs'>;
}

export interface SetRequest {
  readonly name: string;
  readonly wanted: WantedValue;
  /** When it stops to hold; null for never. */
  readonly expiresMs: number | null;
  readonly who: string;
  readonly why: string | null;
}

/** How often a change is tried against others of the same moment. */
const MOST_TRIES = 20;

/**
 * Sets a flag by hand, over what is written, until its end; resolves with what was set before, once
 * it is in force and in the journal. Needs no controller: workers
 * follow state. Rejects with `flag-unknown`, `flag-value-invalid` or `flags-full`.
 */
export async function setFlag(
  parts: SetParts,
  { name, wanted, expiresMs, who, why }: SetRequest,
  features: readonly SwitchedFeature[],
): Promise<{ readonly before: SetFlag | null; readonly after: SetFlag }> {
  const definition = await writtenFlag(parts, name);
  const ladder = features.find(({ feature }) => feature === name)?.ladder ?? null;
  const chosen = chooseValue(name, definition, wanted, ladder);
  const after: SetFlag = { ...chosen, atMs: parts.clock.nowMs(), who, why, expiresMs };
  const data = { value: after.value, variant: after.variant, expiresMs };
  // Beside each other: what is set says itself by whom.
  const changing = change(parts, (flags) => {
    const there = ownValue(flags, name) ?? null;
    if (there === null && Object.keys(flags).length >= SET_FLAGS_LIMIT) {
      throw new TurnoutError(
        'flags-full',
        `${SET_FLAGS_LIMIT} flags are set by hand, which is as many as can be.`,
        'Write some into flags.yaml and take them back: `turnout flags unset NAME`.',
      );
    }
    return { result: there, flags: { ...flags, [name]: after } };
  });
  const entry = { kind: 'flags.set', subject: name, who, ...(why && { why }), data };
  const [before] = await Promise.all([changing, parts.journal.append(entry)]);
  return { before, after };
}

/** Takes back what was set by hand; rejects with `flag-not-set`. */
export async function unsetFlag(
  parts: SetParts,
  { name, who, why }: Pick<SetRequest, 'name' | 'who' | 'why'>,
): Promise<SetFlag> {
  const { flags } = await setFlagsOf(parts.state);
  const there = ownValue(flags, name);
  if (there === undefined || hasEnded(there, parts.clock.nowMs())) throw notSet(name, flags);
  const data = { value: there.value, variant: there.variant };
  await parts.journal.append({
    kind: 'flags.unset',
    subject: name,
    who,
    ...(why && { why }),
    data,
  });
  return change(parts, (held) => {
    const { [name]: _, ...rest } = held;
    return { result: ownValue(held, name) ?? there, flags: rest };
  });
}

/** Takes out what has ended, and journals that it has. */
export async function dropEnded(parts: SetParts, set: SetFlags): Promise<void> {
  const nowMs = parts.clock.nowMs();
  if (!Object.values(set.flags).some((flag) => hasEnded(flag, nowMs))) return;
  const ended = await change(parts, (flags) => {
    const all = Object.entries(flags);
    return {
      result: all.filter(([, flag]) => hasEnded(flag, nowMs)),
      flags: Object.fromEntries(all.filter(([, flag]) => !hasEnded(flag, nowMs))),
    };
  });
  for (const [name, { value, variant, who }] of ended) {
    const data = { value, variant, setBy: who };
    await parts.journal.append({ kind: 'flags.ended', subject: name, who: 'controller', data });
  }
}

export async function setFlagsOf(state: State): Promise<SetFlags> {
  const entry = await state.get(SET_FLAGS_KEY);
  return (entry?.value as SetFlags | undefined) ?? { flags: {} };
}

/** Null while the site was never up. */
export async function flagsRecordOf(state: State): Promise<FlagsRecord | null> {
  const entry = await state.get(WRITTEN_FLAGS_KEY);
  return (entry?.value as FlagsRecord | undefined) ?? null;
}

async function writtenFlag({ state }: SetParts, name: string): Promise<FlagDefinition> {
  const flags = (await flagsRecordOf(state))?.document.flags ?? {};
  const definition = ownValue(flags, name);
  if (definition !== undefined) return definition;
  const near = nearestName(name, Object.keys(flags));
  throw new TurnoutError(
    'flag-unknown',
    `The site has no flag ${JSON.stringify(name.slice(0, 120))}.${near === null ? '' : ` Did you mean ${near}?`}`,
    '`turnout flags` lists them; one of your own begins with its name in flags.yaml.',
  );
}

function notSet(name: string, flags: SetFlags['flags']): TurnoutError {
  const near = nearestName(name, Object.keys(flags));
  return new TurnoutError(
    'flag-not-set',
    `Nobody has set ${JSON.stringify(name.slice(0, 120))} by hand.${near === null ? '' : ` Did you mean ${near}?`}`,
    '`turnout flags` shows what is set by hand; what is written is changed in flags.yaml.',
  );
}

type Flags = Readonly<Record<string, SetFlag>>;

/** One step over what others do at the same moment. */
async function change<Result>(
  { state }: SetParts,
  step: (flags: Flags) => { readonly result: Result; readonly flags: Flags },
): Promise<Result> {
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const entry = await state.get(SET_FLAGS_KEY);
    const { flags } = (entry?.value as SetFlags | undefined) ?? { flags: {} };
    const stepped = step(flags);
    const value: JsonValue = { flags: stepped.flags };
    const written = await state.compareAndSet(SET_FLAGS_KEY, value, entry?.revision ?? 0);
    if (written.kind === 'written') return stepped.result;
  }
  throw new TurnoutError(
    'flags-contended',
    'The flags were changed again and again at the same moment.',
    'Look at `turnout flags`, then say what it shall be.',
  );
}
