/** Something that takes requests: a route, or a frontend as `GET /prefix/**`. */
export interface Pattern {
  readonly method: string;
  readonly segments: readonly string[];
}

interface Branch<P> {
  readonly literals: Map<string, Branch<P>>;
  parameter: Branch<P> | null;
  /** Routes that end here, and those that end here in `**`. */
  readonly ends: P[];
  readonly rests: P[];
}

/** Enough to show what is the matter; a site that crosses everywhere is not listed pair by pair. */
const mostCrossings = 20;

/**
 * Pairs of routes that match some path in common though each is the more literal at some segment,
 * such as `/api/:kind/total` and `/api/donations/:id`. The first of a pair wins, being literal
 * where the two first differ. One walk of a tree for each route, so that cost grows with the routes
 * and not with their square.
 */
export function crossings<P extends Pattern>(
  patterns: readonly P[],
  counts: (winner: P, loser: P) => boolean,
): readonly (readonly [P, P])[] {
  const root = emptyBranch<P>();
  for (const pattern of patterns) insert(root, pattern);
  const found: (readonly [P, P])[] = [];
  for (const winner of patterns) {
    for (const loser of losersTo(winner, root)) {
      if (found.length >= mostCrossings) return found;
      if (methodsMeet(winner, loser) && counts(winner, loser)) found.push([winner, loser]);
    }
  }
  return found;
}

function emptyBranch<P>(): Branch<P> {
  return { literals: new Map(), parameter: null, ends: [], rests: [] };
}

function insert<P extends Pattern>(root: Branch<P>, pattern: P): void {
  let branch = root;
  for (const segment of pattern.segments) {
    if (segment === '**') {
      branch.rests.push(pattern);
      return;
    }
    if (segment.startsWith(':')) {
      branch.parameter ??= emptyBranch<P>();
      branch = branch.parameter;
      continue;
    }
    const next = branch.literals.get(segment) ?? emptyBranch<P>();
    branch.literals.set(segment, next);
    branch = next;
  }
  branch.ends.push(pattern);
}

/**
 * A place in the tree reached by a pattern: how far, and which of the two has been the more literal
 * so far.
 */
interface Walk<P> {
  readonly branch: Branch<P>;
  readonly depth: number;
  readonly won: boolean;
  readonly lost: boolean;
}

/**
 * Routes that this one wins over at the segment where they first differ, and loses to at a later
 * one.
 */
function losersTo<P extends Pattern>(winner: P, root: Branch<P>): readonly P[] {
  const losers: P[] = [];
  const open: Walk<P>[] = [{ branch: root, depth: 0, won: false, lost: false }];
  for (let walk = open.pop(); walk !== undefined; walk = open.pop()) {
    const { branch, depth, won, lost } = walk;
    const segment = winner.segments[depth];
    if (lost) losers.push(...branch.rests);
    if (segment === undefined || segment === '**') {
      if (lost) losers.push(...branch.ends);
    }
    if (segment === undefined) continue;
    if (segment === '**') {
      if (won) losers.push(...allBelow(branch));
      continue;
    }
    const step = { depth: depth + 1, lost, won };
    if (!segment.startsWith(':')) {
      const same = branch.literals.get(segment);
      if (same !== undefined) open.push({ ...step, branch: same });
      if (branch.parameter !== null) open.push({ ...step, branch: branch.parameter, won: true });
      continue;
    }
    if (branch.parameter !== null) open.push({ ...step, branch: branch.parameter });
    // A literal of the other counts only once this one is ahead: else the other wins, and tells it.
    if (!won) continue;
    for (const literal of branch.literals.values()) {
      open.push({ ...step, branch: literal, lost: true });
    }
  }
  return losers.filter((loser) => loser !== winner);
}

function allBelow<P>(branch: Branch<P>): readonly P[] {
  const all: P[] = [];
  const open = [
    ...branch.literals.values(),
    ...(branch.parameter === null ? [] : [branch.parameter]),
  ];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    all.push(...next.ends, ...next.rests);
    open.push(...next.literals.values());
    if (next.parameter !== null) open.push(next.parameter);
  }
  return all;
}

function methodsMeet({ method: one }: Pattern, { method: other }: Pattern): boolean {
  return one === other || one === 'ANY' || other === 'ANY';
}
