const unitSeconds: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600 };
const shape = /^(\d+(?:\.\d+)?)\/(s|m|h)$/;

/**
 * Reads `10/s`, `600/m` or `100/h` as events per second; null for anything else, also for none at
 * all.
 */
export function parseRate(text: string): number | null {
  const match = text.length > 24 ? null : shape.exec(text);
  if (match === null) return null;
  const perSecond = Number(match[1]) / (unitSeconds[match[2] ?? ''] ?? 1);
  return perSecond > 0 && perSecond <= 1e9 ? perSecond : null;
}

/**
 * Writes a rate per second with the shortest period in which it is a whole number: 0.5 is `30/m`.
 */
export function formatRate(perSecond: number): string {
  for (const [unit, seconds] of Object.entries(unitSeconds)) {
    const count = Number((perSecond * seconds).toPrecision(12));
    if (Number.isInteger(count)) return `${count}/${unit}`;
  }
  return `${perSecond}/s`;
}
