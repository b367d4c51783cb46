/** All values of a header in a flat list, as one (RFC 9110 5.3); undefined where there is none. */
export function joined(headers: readonly string[], name: string): string | undefined {
  let text: string | undefined;
  for (let i = 0; i < headers.length; i += 2) {
    if (headers[i] !== name) continue;
    text = text === undefined ? headers[i + 1] : `${text}, ${headers[i + 1]}`;
  }
  return text;
}

export function without(headers: readonly string[], names: ReadonlySet<string>): string[] {
  const kept: string[] = [];
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] ?? '';
    if (!names.has(name)) kept.push(name, headers[i + 1] ?? '');
  }
  return kept;
}
