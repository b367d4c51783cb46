/**
 * The same text as the engine's one copy of it, as names of properties and literals in code are:
 * two of these are compared by their address, where others are compared by length and letters.
 */
export function interned(text: string): string {
  for (const name in { [text]: null }) return name;
  return text;
}
