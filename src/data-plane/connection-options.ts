/**
 * The options of a Connection header in lower case (RFC 9110, section 7.6.1). Split first and
 * trimmed then: an expression that matches the white space too is quadratic in it.
 */
export function connectionOptions(value: string): ReadonlySet<string> {
  return new Set(
    value
      .toLowerCase()
      .split(',')
      .map((option) => option.trim()),
  );
}
