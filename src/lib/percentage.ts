const shape = /^(\d+(?:\.\d+)?) ?%$/;

/** Reads `5%` or `99.95%` as a fraction of 1; null for anything else, also above 100%. */
export function parsePercentage(text: string): number | null {
  const match = text.length > 24 ? null : shape.exec(text);
  if (match === null) return null;
  const percent = Number(match[1]);
  // 99.95 / 100 has noise in its last digits, which would show in reports and in the digest.
  return percent > 100 ? null : Number((percent / 100).toPrecision(12));
}

/** Writes a fraction as people do: 0.9995 is `99.95%`. */
export function formatPercentage(fraction: number): string {
  return `${Number((fraction * 100).toPrecision(12))}%`;
}
