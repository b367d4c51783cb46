/**
 * One spelling for each path, so that what is matched, cached and forwarded can never differ.
 *
 * Percent-encoded unreserved characters are decoded and other escapes get upper-case digits (RFC
 * 3986, section 6.2.2); bytes beyond ASCII are escaped; empty and dot segments are resolved. An
 * encoded slash or backslash stays as it is, as a character of its segment, but not beside dots:
 * `..%2F` is a traversal for whoever decodes it. Null when the path is refused: not starting with
 * `/`, a backslash, a control byte, NUL in any form, a broken escape, or leaving the root.
 */
export function normalisePath(path: string): string | null {
  if (plain.test(path)) return path;
  if (!path.startsWith('/') || refused.test(path)) return null;
  const decoded = path.replaceAll(escapeOrRaw, canonicalEscape);
  const segments: string[] = [];
  for (const segment of decoded.split('/').slice(1)) {
    if (encodedTraversal.test(segment)) return null;
    if (segment === '..') {
      if (segments.length === 0) return null;
      segments.pop();
    } else if (segment !== '' && segment !== '.') segments.push(segment);
  }
  const directory = /\/(?:\.{1,2})?$/.test(decoded) && segments.length > 0 ? '/' : '';
  return `/${segments.join('/')}${directory}`;
}

/**
 * A query with bytes beyond ASCII escaped; null when it holds a control byte, a space or the `#`
 * that begins a fragment.
 */
export function normaliseQuery(query: string): string | null {
  if (plainQuery.test(query)) return query;
  if (/[^!-~\x80-\xff]|#/.test(query)) return null;
  return query.replaceAll(/[\x80-\xff]/g, canonicalEscape);
}

// Segments that begin with anything but a dot, a slash or an escape: nothing to resolve. Linear: no
// two parts overlap.
const plain = /^(?:\/[A-Za-z0-9_~!$&'()*+,;=:@-][A-Za-z0-9._~!$&'()*+,;=:@-]*)*\/?$/;
const plainQuery = /^[!"$-~]*$/;
const refused = /[^!-~\x80-\xff]|\\|#|%(?![0-9A-Fa-f]{2})|%00/;
const escapeOrRaw = /%[0-9A-Fa-f]{2}|[\x80-\xff"<>^`{|}]/g;
const encodedTraversal = /^\.{1,2}%(?:2F|5C)|%(?:2F|5C)\.{1,2}(?:$|%(?:2F|5C))/;
const unreserved = /[A-Za-z0-9._~-]/;

function canonicalEscape(part: string): string {
  if (!part.startsWith('%')) {
    return `%${part.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
  }
  const character = String.fromCharCode(Number.parseInt(part.slice(1), 16));
  return unreserved.test(character) ? character : part.toUpperCase();
}
