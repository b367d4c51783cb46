import type { Logger } from '@openfeature/core';
import { FlagdCore } from '@openfeature/flagd-core';
import type { FlagDefinition, FlagsDocument } from '../../../contract/flags.ts';
import { readSwitchValue, type SwitchValue } from '../../../contract/switch-value.ts';
import type { Exchange } from '../../exchange.ts';
import { withMemo } from './rule-memo.ts';
import type { SwitchState } from './feature-switch.ts';

type Off = Exclude<SwitchValue, { readonly kind: 'on' }>;

/** Who turns a switch in an emergency means something by it: what nobody can read closes. */
const unreadable: Off = { kind: 'rung', rung: 'closed' };

const silent: Logger = {
  error: () => undefined,
  warn: () => undefined,
  info: () => undefined,
  debug: () => undefined,
};

/**
 * What the switches of these features say now, those that are on left out. Where it depends on
 * nobody it is worked out here, once; a rule of targeting is asked for each request.
 */
export function evaluateSwitches(
  document: FlagsDocument,
  features: Iterable<string>,
): ReadonlyMap<string, SwitchState> {
  const states = new Map<string, SwitchState>();
  const targeted: string[] = [];
  for (const feature of features) {
    const definition = document.flags[feature];
    // A DISABLED flag has the default of the code that asks, which here is on.
    if (definition === undefined || definition.state === 'DISABLED') continue;
    if (definition.targeting !== undefined) targeted.push(feature);
    else {
      const state = valueOf(definition, definition.defaultVariant);
      if (state !== null) states.set(feature, state);
    }
  }
  if (targeted.length === 0) return states;
  const core = coreOf(document, targeted);
  for (const feature of targeted) {
    const definition = document.flags[feature];
    if (definition === undefined) continue;
    const valueFor = withMemo(definition, document, chooser(core, feature, definition));
    states.set(feature, { kind: 'targeted', valueFor });
  }
  return states;
}

/** Null is on, as is a switch that nobody gave a default variant. */
function valueOf({ variants }: FlagDefinition, variant: string | undefined): Off | null {
  if (variant === undefined) return null;
  const value = readSwitchValue(variants[variant]) ?? unreadable;
  return value.kind === 'on' ? null : value;
}

/** Reading one costs much more than asking it, so the rest of the flags are left out. */
function coreOf({ flags, $evaluators }: FlagsDocument, names: readonly string[]): FlagdCore {
  const core = new FlagdCore(undefined, silent, { disableDynamicCodeGeneration: true });
  const wanted = Object.fromEntries(names.map((name) => [name, flags[name]]));
  core.setConfigurations(JSON.stringify({ flags: wanted, $evaluators }));
  return core;
}

/** The values are read beforehand: a request costs the rule and one look. */
function chooser(
  core: FlagdCore,
  feature: string,
  definition: FlagDefinition,
): (exchange: Exchange) => Off | null {
  const flag = core.getFlag(feature);
  const values = new Map(
    Object.keys(definition.variants).map((name) => [name, valueOf(definition, name)]),
  );
  const otherwise = valueOf(definition, definition.defaultVariant);
  return (exchange) => {
    const variant = flag?.evaluate(contextOf(exchange), silent).variant;
    const value = variant === undefined ? undefined : values.get(variant);
    // A rule that fails, or names no variant, chooses nothing.
    return value === undefined ? otherwise : value;
  };
}

/**
 * What rules may look at. Clients are told apart by their address, so that one of them is always on
 * the same side of a fraction.
 */
function contextOf({ request }: Exchange): Record<string, string | string[]> {
  const { client, method, host, path, tags } = request;
  return {
    targetingKey: client.address,
    address: client.address,
    method,
    host,
    path,
    tags: tags as string[],
  };
}
