import { ScanResistantMap } from '../../../lib/scan-resistant-map.ts';
import type { Requirement } from './requirement.ts';

export interface Filed<Rule> {
  readonly rule: Rule;
  readonly requirement: Requirement;
}

/** What the answers that are remembered may take, in all. */
const MEMORY_BYTES = 4 * 1024 * 1024;
const ENTRY_BYTES = 200;
/** Longer paths are looked through each time. */
const LONGEST_REMEMBERED = 200;
const OTHER = '';

/**
 * Finds the rules that can concern a request, in their order, by its method, host and path, so that
 * a rule for one address costs nothing at the others. The list for a target is remembered.
 */
export class RuleIndex<Rule> {
  readonly #filed: readonly Filed<Rule>[];
  readonly #methods: ReadonlySet<string>;
  readonly #hosts: ReadonlySet<string>;
  /** By method and host, where any rule names one. */
  readonly #groups = new Map<string, Map<string, Group<Rule>>>();

  constructor(filed: readonly Filed<Rule>[]) {
    this.#filed = filed;
    this.#methods = new Set(filed.flatMap(({ requirement }) => [...(requirement.methods ?? [])]));
    this.#hosts = new Set(filed.flatMap(({ requirement }) => [...(requirement.hosts ?? [])]));
  }

  candidates(method: string, host: string, path: string): readonly Rule[] {
    // Whatever no rule names is one and the same to them all, so that there are few groups.
    const ofMethod = this.#methods.has(method) ? method : OTHER;
    const ofHost = this.#hosts.has(host) ? host : OTHER;
    let byHost = this.#groups.get(ofMethod);
    if (byHost === undefined) this.#groups.set(ofMethod, (byHost = new Map()));
    let group = byHost.get(ofHost);
    if (group === undefined) byHost.set(ofHost, (group = this.#groupOf(ofMethod, ofHost)));
    return group.candidates(path);
  }

  #groupOf(method: string, host: string): Group<Rule> {
    const share = MEMORY_BYTES / ((this.#methods.size + 1) * (this.#hosts.size + 1));
    return new Group(
      this.#filed.filter(
        ({ requirement: { methods, hosts } }) =>
          (methods === null || methods.has(method)) && (hosts === null || hosts.has(host)),
      ),
      share,
    );
  }
}

class Group<Rule> {
  readonly #filed: readonly Filed<Rule>[];
  readonly #remembered: ScanResistantMap<readonly Rule[]>;
  /** Where no rule asks about the path, one list serves all. */
  readonly #always: readonly Rule[] | null;

  constructor(filed: readonly Filed<Rule>[], limitBytes: number) {
    this.#filed = filed;
    this.#remembered = new ScanResistantMap(limitBytes);
    const asksForPath = filed.some(({ requirement }) => requirement.paths !== null);
    this.#always = asksForPath ? null : filed.map(({ rule }) => rule);
  }

  candidates(path: string): readonly Rule[] {
    if (this.#always !== null) return this.#always;
    const before = this.#remembered.get(path);
    if (before !== undefined) return before;
    const found = this.#filed.filter((one) => concerns(one, path)).map(({ rule }) => rule);
    if (path.length <= LONGEST_REMEMBERED) {
      const costBytes = ENTRY_BYTES + 2 * path.length + 8 * found.length;
      this.#remembered.set(path, found, costBytes);
    }
    return found;
  }
}

function concerns({ requirement: { paths } }: Filed<unknown>, path: string): boolean {
  if (paths === null || paths.exact.has(path)) return true;
  return paths.prefixes.some((prefix) => path.startsWith(prefix));
}
