/**
 * Finds what is declared for a path: a trie over segments, in which a literal is tried before
 * `:param` before `**`, going back where a branch ends without a find. This is the order of the
 * route table, found in steps as many as segments where a list would take as many as routes.
 */
export interface RouteTrie<T> {
  /**
   * Adds an entry for a pattern such as `/files/:id/**`; entries of equal patterns keep their
   * order.
   */
  add(pattern: string, entry: T): void;
  /**
   * Calls `visit` with the entries of each pattern that matches, most specific first, until it
   * returns true. `path` begins with `/`; its trailing slash is a segment of its own, which only
   * `**` matches.
   */
  find(path: string, visit: (entries: readonly T[]) => boolean): boolean;
}

interface Node<T> {
  readonly literals: Map<string, Node<T>>;
  parameter: Node<T> | null;
  entries: T[] | null;
  /** Entries of `**` from here on, no segment included. */
  rest: T[] | null;
}

export function createRouteTrie<T>(): RouteTrie<T> {
  const root = createNode<T>();
  return {
    add(pattern, entry) {
      let node = root;
      for (const segment of segmentsOf(pattern)) {
        if (segment === '**') {
          node.rest ??= [];
          node.rest.push(entry);
          return;
        }
        node = childOf(node, segment);
      }
      node.entries ??= [];
      node.entries.push(entry);
    },
    find: (path, visit) => findFrom(root, path, 1, visit),
  };
}

function createNode<T>(): Node<T> {
  return { literals: new Map(), parameter: null, entries: null, rest: null };
}

function segmentsOf(pattern: string): readonly string[] {
  return pattern === '/' ? [] : pattern.slice(1).split('/');
}

function childOf<T>(node: Node<T>, segment: string): Node<T> {
  if (segment.startsWith(':')) {
    node.parameter ??= createNode();
    return node.parameter;
  }
  let child = node.literals.get(segment);
  if (child === undefined) {
    child = createNode();
    node.literals.set(segment, child);
  }
  return child;
}

/** `start` is where the next segment begins; beyond the path's end there is none left. */
function findFrom<T>(
  node: Node<T>,
  path: string,
  start: number,
  visit: (entries: readonly T[]) => boolean,
): boolean {
  if (start > path.length || path === '/') {
    if (node.entries !== null && visit(node.entries)) return true;
  } else {
    const slash = path.indexOf('/', start);
    const end = slash === -1 ? path.length : slash;
    const segment = path.slice(start, end);
    const literal = node.literals.get(segment);
    if (literal !== undefined && findFrom(literal, path, end + 1, visit)) return true;
    if (node.parameter !== null && segment !== '') {
      if (findFrom(node.parameter, path, end + 1, visit)) return true;
    }
  }
  return node.rest !== null && visit(node.rest);
}
