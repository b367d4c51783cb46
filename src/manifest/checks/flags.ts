import type { ForcedRung } from '../../contract/switch-value.ts';
import { nearestName } from '../../lib/nearest-name.ts';
import { locate, type Manifest } from '../manifests.ts';
import { child, type Path } from '../problems/path.ts';
import type { ProblemCode } from '../problems/codes.ts';
import type { ProblemList } from '../problems/problem-list.ts';
import type { FlagsManifest } from '../schema/flags.ts';
import { describeNode, type ManifestNode } from '../source/node.ts';
import type { CheckedSite } from './check.ts';
import { checkSwitch, switchesOf } from './switches.ts';

/** What flagd's evaluator knows: JsonLogic and its own additions. */
const operators = (
  'var missing missing_some if ?: == === != !== ! !! or and > >= < <= max min + - * / % ' +
  'map filter reduce all none some merge in cat substr log ' +
  'fractional sem_ver starts_with ends_with $ref'
).split(' ');

/** What a variant can be; an object as JSON has it. */
const flagTypes = new Set(['boolean', 'number', 'string', 'object']);

/** A flags file with what is known of the site around it. */
export interface FlagsToCheck {
  readonly flags: Manifest<FlagsManifest>;
  /** Every feature with the rungs that its switch can force; null while that is not known. */
  readonly switches: ReadonlyMap<string, readonly ForcedRung[]> | null;
  readonly problems: ProblemList;
}

/** Every flag is one that flagd takes, and a switch belongs to a feature that is there. */
export function checkFlags({ manifests, content, problems }: CheckedSite): void {
  const { flags, services } = manifests;
  if (flags === null || !flags.usable) return;
  const isKnown = services.every((manifest) => manifest.usable);
  checkFlagsFile({ flags, switches: isKnown ? switchesOf(content.services) : null, problems });
}

/** The same of a file by itself. */
export function checkFlagsFile(site: FlagsToCheck): void {
  const { flags } = site;
  for (const name of flags.value.$evaluators.keys()) {
    const { node, path } = locate(flags, '$evaluators', name);
    checkRule(site, flags, node, path);
  }
  for (const name of flags.value.flags.keys()) {
    if (site.problems.isWrong(locate(flags, 'flags', name).path)) continue;
    checkFlag(site, flags, name);
    checkSwitch(site, name);
  }
}

function checkFlag(site: FlagsToCheck, flags: Manifest<FlagsManifest>, name: string): void {
  const flag = flags.value.flags.get(name);
  if (flag === undefined) return;
  const names = [...flag.variants.keys()];
  const types = new Set([...flag.variants.values()].map(typeOf));
  const variants = locate(flags, 'flags', name, 'variants');
  const refuse = (node: ManifestNode, path: Path, message: string, remedy: string) =>
    add(site, 'flag-invalid', node, path, message, remedy);
  if (names.length === 0) {
    refuse(variants.node, variants.path, `The flag ${name} has no variants.`, 'Add one or more.');
  } else if (types.size > 1 || [...types].some((type) => !flagTypes.has(type))) {
    const found = [...types].join(', ');
    refuse(
      variants.node,
      variants.path,
      `The variants of ${name} are of different or impossible types: ${found}.`,
      'Make all of them booleans, numbers, texts or objects.',
    );
  }
  const { defaultVariant } = flag;
  if (defaultVariant !== null && !names.includes(defaultVariant)) {
    const { node, path } = locate(flags, 'flags', name, 'defaultVariant');
    const near = nearestName(defaultVariant, names);
    const message = `${name} has no variant “${defaultVariant}”.`;
    refuse(
      node,
      path,
      near === null ? message : `${message} Did you mean “${near}”?`,
      `Name one of ${names.join(', ')}.`,
    );
  }
  const targeting = locate(flags, 'flags', name, 'targeting');
  if (targeting.written) checkRule(site, flags, targeting.node, targeting.path);
}

/** A JsonLogic rule: objects of one known operator each. */
function checkRule(
  site: FlagsToCheck,
  flags: Manifest<FlagsManifest>,
  node: ManifestNode,
  path: Path,
): void {
  if (node.kind === 'list') {
    for (const [index, item] of node.items.entries()) {
      checkRule(site, flags, item, child(path, index));
    }
  }
  if (node.kind !== 'map' || node.entries.size === 0) return;
  const [[operator, entry] = [undefined, undefined], second] = node.entries;
  if (operator === undefined || entry === undefined) return;
  if (second !== undefined) {
    add(
      site,
      'flag-invalid',
      node,
      path,
      'A rule is an object with one operator, and this one has several keys.',
      'Join conditions by `and` or `or`.',
    );
    return;
  }
  if (!operators.includes(operator)) {
    const near = nearestName(operator, operators);
    const message = `JsonLogic has no operator “${operator}”.`;
    add(
      site,
      'flag-invalid',
      entry.key,
      path,
      near === null ? message : `${message} Did you mean “${near}”?`,
      'flagd knows the operators of JsonLogic and fractional, sem_ver, starts_with, ends_with.',
    );
  }
  if (operator === '$ref') checkReference(site, flags, entry.value, path);
  else checkRule(site, flags, entry.value, child(path, operator));
}

function checkReference(
  site: FlagsToCheck,
  flags: Manifest<FlagsManifest>,
  node: ManifestNode,
  path: Path,
): void {
  const names = [...flags.value.$evaluators.keys()];
  if (node.kind === 'scalar' && names.includes(node.text)) return;
  const near = node.kind === 'scalar' ? nearestName(node.text, names) : null;
  const message = `No shared rule is called ${describeNode(node)}.`;
  add(
    site,
    'flag-invalid',
    node,
    path,
    near === null ? message : `${message} Did you mean “${near}”?`,
    'Add it under `$evaluators:`, or correct the name.',
  );
}

function typeOf(value: unknown): string {
  if (value === null) return 'nothing';
  if (typeof value === 'number' && !Number.isFinite(value)) return 'no finite number';
  return Array.isArray(value) ? 'a list' : typeof value;
}

function add(
  { problems }: FlagsToCheck,
  code: ProblemCode,
  spot: ManifestNode,
  path: Path,
  message: string,
  remedy: string,
): void {
  problems.add({ code, spot, path, message, remedy });
}
