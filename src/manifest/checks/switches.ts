import { type ForcedRung, readSwitchValue, switchRungs } from '../../contract/switch-value.ts';
import { nearestName } from '../../lib/nearest-name.ts';
import { locate } from '../manifests.ts';
import type { Service } from '../model.ts';
import { describeNode } from '../source/node.ts';
import type { FlagsToCheck } from './flags.ts';

/** Every feature with the rungs that its switch can force: those of its ladder, and `closed`. */
export function switchesOf(
  services: readonly Pick<Service, 'name' | 'features'>[],
): ReadonlyMap<string, readonly ForcedRung[]> {
  return new Map(
    services.flatMap((service) =>
      service.features.map((feature) => [
        `${service.name}.${feature.name}`,
        switchRungs(feature.ladder),
      ]),
    ),
  );
}

/** A name with a dot is a feature's switch, and its variants are what a switch can be. */
export function checkSwitch(site: FlagsToCheck, name: string): void {
  const { flags, switches } = site;
  if (switches === null) return;
  const rungs = switches.get(name);
  if (rungs !== undefined) {
    for (const variant of flags.value.flags.get(name)?.variants.keys() ?? []) {
      checkVariant(site, name, variant, rungs);
    }
    warnOfDisabled(site, name);
  } else if (/^[a-z][a-z0-9-]*\.[a-z][a-z0-9-]*$/.test(name)) {
    warnOfStranger(site, name, [...switches.keys()]);
  }
}

function checkVariant(
  { flags, problems }: FlagsToCheck,
  name: string,
  variant: string,
  rungs: readonly ForcedRung[],
): void {
  const value = readSwitchValue(flags.value.flags.get(name)?.variants.get(variant));
  if (value !== null && (value.kind !== 'rung' || rungs.includes(value.rung))) return;
  const { node, path } = locate(flags, 'flags', name, 'variants', variant);
  const known = ['on', ...rungs];
  const near = node.kind === 'scalar' ? nearestName(node.text, known) : null;
  const hint = near === null ? '' : ` Did you mean “${near}”?`;
  problems.add({
    code: 'flag-invalid',
    spot: node,
    path,
    message:
      value === null
        ? `A switch cannot be ${describeNode(node)}.${hint}`
        : `The ladder of ${name} has no rung ${describeNode(node)}.${hint}`,
    expected: `${known.join(', ')}, or a delay such as \`slow 200ms\``,
    remedy:
      value === null ? 'Write one of these.' : 'Add the rung to its ladder, or write another.',
  });
}

function warnOfDisabled({ flags, problems }: FlagsToCheck, name: string): void {
  if (flags.value.flags.get(name)?.state !== 'DISABLED') return;
  const { node, path } = locate(flags, 'flags', name, 'state');
  problems.add({
    code: 'switch-disabled',
    spot: node,
    path,
    message: `${name} is DISABLED, so it switches nothing: the feature is on.`,
    remedy: 'Leave it ENABLED, and say what it is by `defaultVariant`.',
  });
}

function warnOfStranger(
  { flags, problems }: FlagsToCheck,
  name: string,
  features: readonly string[],
): void {
  const { key, node, path } = locate(flags, 'flags', name);
  const near = nearestName(name, features);
  problems.add({
    code: 'unknown-switch',
    spot: key ?? node,
    path,
    message:
      `The site has no feature “${name}”, so this switches nothing.` +
      (near === null ? '' : ` Did you mean “${near}”?`),
    remedy: 'Correct the name, or take the flag out.',
  });
}
