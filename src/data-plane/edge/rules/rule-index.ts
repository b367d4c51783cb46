import { ScanResistantMap } from '../../../lib/scan-resistant-map.ts';
import { Candidates, LIST_BYTES, type ListRoom, type LookingRule } from './candidates.ts';
import type { Requirement } from './requirement.ts';

export interface Filed<Rule> extends LookingRule<Rule> {
  readonly requirement: Omit<Requirement, 'looks'>;
}

/** What the targets that are remembered may take, in all; and as much the lists they lead to. */
const MEMORY_BYTES = 4 * 1024 * 1024;
const ENTRY_BYTES = 200;
/** Longer paths are looked through each time. */
const LONGEST_REMEMBERED = 200;
const OTHER = '';

/**
 * Finds the rules that can concern a request, in their order, by its method, host and path, so that
 * a rule for one address costs nothing at the others. Which of them a table rules out, the list
 * that is found says itself. The list for a target is remembered.
 */
export class RuleIndex<Rule> {
  readonly #filed: readonly Filed<Rule>[];
  readonly #methods: ReadonlySet<string>;
  readonly #hosts: ReadonlySet<string>;
  /** By method and host, where any rule names one. */
  readonly #groups = new Map<string, Map<string, Group<Rule>>>();
  readonly #room: ListRoom = { leftBytes: MEMORY_BYTES };

  constructor(filed: readonly Filed<Rule>[]) {
    this.#filed = filed;
    this.#methods = new Set(filed.flatMap(({ requirement }) => [...(requirement.methods ?? [])]));
    this.#hosts = new Set(filed.flatMap(({ requirement }) => [...(requirement.hosts ?? [])]));
  }

  candidates(method: string, host: string, path: string): Candidates<Rule> {
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
    const filed = this.#filed.filter(
      ({ requirement: { methods, hosts } }) =>
        (methods === null || methods.has(method)) && (hosts === null || hosts.has(host)),
    );
    return new Group(filed, share, this.#room);
  }
}

class Group<Rule> {
  readonly #filed: readonly Filed<Rule>[];
  /** Those that ask about the path; the others concern every path. */
  readonly #asking: readonly Filed<Rule>[];
  readonly #remembered: ScanResistantMap<Candidates<Rule>>;
  /** By which of the asking rules concern a path: few lists, however many paths. */
  readonly #lists = new Map<string, Candidates<Rule>>();
  readonly #room: ListRoom;
  readonly #whereNoneAsks: Candidates<Rule>;

  constructor(filed: readonly Filed<Rule>[], limitBytes: number, room: ListRoom) {
    this.#filed = filed;
    this.#asking = filed.filter(({ requirement }) => requirement.paths !== null);
    this.#remembered = new ScanResistantMap(limitBytes);
    this.#room = room;
    const always = filed.filter(({ requirement }) => requirement.paths === null);
    this.#whereNoneAsks = new Candidates(always, room);
  }

  candidates(path: string): Candidates<Rule> {
    if (this.#asking.length === 0) return this.#whereNoneAsks;
    const before = this.#remembered.get(path);
    if (before !== undefined) return before;
    const { list, isKept } = this.#look(path);
    if (isKept && path.length <= LONGEST_REMEMBERED) {
      this.#remembered.set(path, list, ENTRY_BYTES + 2 * path.length);
    }
    return list;
  }

  #look(path: string): { readonly list: Candidates<Rule>; readonly isKept: boolean } {
    let which = '';
    for (let at = 0; at < this.#asking.length; at++) {
      const filed = this.#asking[at];
      if (filed !== undefined && concerns(filed, path)) which += String.fromCharCode(at);
    }
    if (which === '') return { list: this.#whereNoneAsks, isKept: true };
    const before = this.#lists.get(which);
    if (before !== undefined) return { list: before, isKept: true };
    const found = this.#filed.filter((filed) => concerns(filed, path));
    const list = new Candidates(found, this.#room);
    const costBytes = LIST_BYTES + 40 * found.length;
    const isKept = costBytes <= this.#room.leftBytes;
    if (isKept) {
      this.#room.leftBytes -= costBytes;
      this.#lists.set(which, list);
    }
    return { list, isKept };
  }
}

function concerns({ requirement: { paths } }: Filed<unknown>, path: string): boolean {
  if (paths === null || paths.exact.has(path)) return true;
  return paths.prefixes.some((prefix) => path.startsWith(prefix));
}
