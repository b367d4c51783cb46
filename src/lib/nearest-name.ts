/**
 * The known name that a misspelt one most likely meant, or null when none is near enough.
 *
 * Near is a Damerau–Levenshtein distance (optimal string alignment) of at most a third of the
 * longer name's letters. Names over 64 letters and lists over 2,000 names are not searched.
 */
export function nearestName(word: string, names: Iterable<string>): string | null {
  const wanted = word.toLowerCase();
  if (wanted.length > 64) return null;
  let nearest: string | null = null;
  let nearestDistance = Infinity;
  let searched = 0;
  for (const name of names) {
    searched += 1;
    if (searched > 2000) break;
    if (name.length > 64) continue;
    const candidate = name.toLowerCase();
    const limit = Math.max(1, Math.floor(Math.max(wanted.length, candidate.length) / 3));
    if (Math.abs(candidate.length - wanted.length) > limit) continue;
    const found = distance(wanted, candidate);
    if (found <= limit && found < nearestDistance) {
      nearest = name;
      nearestDistance = found;
    }
  }
  return nearest;
}

function distance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      let best = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + cost);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        best = Math.min(best, (beforeLast[j - 2] ?? 0) + 1);
      }
      row.push(best);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length] ?? 0;
}
