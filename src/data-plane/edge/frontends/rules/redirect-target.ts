/** Where a redirect leads, once it is known what its placeholders stand for. */
export interface Target {
  /** For a file of the release: decoded. */
  path(values: Values): string;
  /**
   * For `Location`: what is filled in cannot leave its place, and is never a host; null where it
   * would. The query of the request goes along where the target has none, without what the rule has
   * used of it.
   */
  location(values: Values, query: string | null, consumed: ReadonlySet<string>): string | null;
}

/** A browser resolves these: the parameter `id=../admin` would lead out of `/blog/:id`. */
const dotSegment = /^[^?]*\/\.{1,2}(?:[/?]|$)/;

type Values = Readonly<Record<string, string>>;

export function compileTarget(to: string): Target {
  const [, address = '', fragment = ''] = /^([^#]*)(#.*)?$/s.exec(to) ?? [];
  const pieces = piecesOf(address);
  const fragmentPieces = piecesOf(fragment);
  const hasQuery = address.includes('?');
  const isFilled = pieces.some(({ name }) => name !== undefined);
  const fill = (of: readonly Piece[], values: Values, encode: (value: string) => string): string =>
    of.map((piece) => (piece.name ? encode(values[piece.name] ?? '') : piece.text)).join('');
  return {
    path: (values) => decode(fill(pieces, values, (value) => value)),
    location: (values, query, consumed) => {
      // Two slashes at the beginning would make a host of what was filled in.
      const filled = fill(pieces, values, encodeSegments).replace(/^\/{2,}/, '/');
      if (isFilled && dotSegment.test(filled)) return null;
      const rest = hasQuery ? '' : without(query, consumed);
      const end = fill(fragmentPieces, values, encodeURIComponent);
      return `${filled}${rest === '' ? '' : `?${rest}`}${end}`;
    },
  };
}

/** Text as it stands, or the name of what is filled in. */
interface Piece {
  readonly text: string;
  readonly name?: string;
}

function piecesOf(text: string): readonly Piece[] {
  return text
    .split(/(:[A-Za-z]\w*)/)
    .map((part) =>
      /^:[A-Za-z]/.test(part) ? { text: '', name: part.slice(1) } : { text: asciiOnly(part) },
    );
}

/** What a header can carry; escapes that were written stay as they are. */
function asciiOnly(text: string): string {
  return text.replaceAll(/[^\x21-\x7e]+/g, encodeURIComponent);
}

/** A splat keeps its slashes, and so does what comes from a query. */
function encodeSegments(value: string): string {
  return value.split('/').map(encodeURIComponent).join('/');
}

function decode(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

function without(query: string | null, consumed: ReadonlySet<string>): string {
  if (query === null || consumed.size === 0) return query ?? '';
  return query
    .split('&')
    .filter((pair) => {
      const [name = ''] = [...new URLSearchParams(pair).keys()];
      return !consumed.has(name);
    })
    .join('&');
}
