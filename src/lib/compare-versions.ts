/**
 * Below 0 when version `a` is older than `b`, 0 when they rank alike. Numbers are compared part by
 * part; of two that are equal so far, one with a suffix (`1.2.0-rc.1`) is the older (semver.org,
 * item 11).
 */
export function compareVersions(a: string, b: string): number {
  const [numbersA, suffixA] = parse(a);
  const [numbersB, suffixB] = parse(b);
  for (let n = 0; n < Math.max(numbersA.length, numbersB.length); n += 1) {
    const difference = (numbersA[n] ?? 0) - (numbersB[n] ?? 0);
    if (difference !== 0) return difference;
  }
  if (suffixA === '' || suffixB === '') return Number(suffixA === '') - Number(suffixB === '');
  return suffixA.localeCompare(suffixB, 'en', { numeric: true });
}

function parse(version: string): readonly [numbers: readonly number[], suffix: string] {
  const [numbers = '', ...suffix] = version.split('-');
  return [numbers.split('.').map(Number), suffix.join('-')];
}
