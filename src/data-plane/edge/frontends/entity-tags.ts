/** RFC 9110 8.8.3. Whatever else stands in the header is not a tag and matches nothing. */
const entityTag = /(?<=^|[\s,])(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*"/g;

/** Weak comparison, for If-None-Match (RFC 9110 8.8.3.2): `W/"a"` and `"a"` are the same. */
export function matchesWeakly(list: string, etag: string): boolean {
  if (list === etag || list.trim() === '*') return true;
  return (list.match(entityTag) ?? []).some((tag) => tag.replace(/^W\//, '') === etag);
}

/** Strong comparison, for If-Match: a weak tag never matches. */
export function matchesStrongly(list: string, etag: string): boolean {
  if (list === etag || list.trim() === '*') return true;
  return (list.match(entityTag) ?? []).some((tag) => tag === etag);
}
