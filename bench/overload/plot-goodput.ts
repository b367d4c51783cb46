import type { TierCounts } from '../../tests/support/tiered-load.ts';
import { type Tier, tiers } from '../../tests/support/tiered-site.ts';

const WIDTH = 760;
const HEIGHT = 320;
const LEFT = 60;
const BOTTOM = 40;
const TOP = 46;
const looks: Readonly<Record<Tier, { readonly colour: string; readonly dash: string }>> = {
  core: { colour: '#1f5f8b', dash: '' },
  important: { colour: '#b8631b', dash: '7 4' },
  sheddable: { colour: '#7a7a7a', dash: '2 3' },
};

/** Good answers of each tier, second by second, beside what core alone was given: as an SVG. */
export function plotGoodput(
  capacity: number,
  overload: number,
  course: readonly { readonly at: number; readonly counts: TierCounts }[],
): string {
  const most = Math.max(
    capacity * 1.15,
    ...course.flatMap(({ counts }) => tiers.map((tier) => counts[tier].good)),
  );
  const last = course.at(-1)?.at ?? 1;
  const x = (at: number): number => LEFT + ((WIDTH - LEFT - 20) * at) / last;
  const y = (value: number): number => HEIGHT - BOTTOM - ((HEIGHT - BOTTOM - TOP) * value) / most;
  const line = (tier: Tier): string => {
    const points = course.map(
      ({ at, counts }) => `${x(at).toFixed(1)},${y(counts[tier].good).toFixed(1)}`,
    );
    const { colour, dash } = looks[tier];
    return `<polyline points="${points.join(' ')}" fill="none" stroke="${colour}" stroke-width="2" stroke-dasharray="${dash}"/>`;
  };
  const legend = tiers.map((tier, n) => {
    const at = LEFT + 10 + n * 120;
    const { colour, dash } = looks[tier];
    return (
      `<line x1="${at}" y1="34" x2="${at + 30}" y2="34" stroke="${colour}" stroke-width="2" stroke-dasharray="${dash}"/>` +
      `<text x="${at + 36}" y="38">${tier}</text>`
    );
  });
  const capacityLine =
    `<line x1="${LEFT}" y1="${y(capacity)}" x2="${WIDTH - 20}" y2="${y(capacity)}" stroke="#000" stroke-dasharray="1 4"/>` +
    `<text x="${WIDTH - 20}" y="${y(capacity) - 6}" text-anchor="end">core alone: ${Math.round(capacity)}/s</text>`;
  const title = `Good answers a second at ${overload} times what the service can do, tiers alike`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12">
<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>
<text x="${LEFT}" y="18" font-size="14">${title}</text>
${legend.join('\n')}
<line x1="${LEFT}" y1="${y(0)}" x2="${WIDTH - 20}" y2="${y(0)}" stroke="#000"/>
<line x1="${LEFT}" y1="${TOP}" x2="${LEFT}" y2="${y(0)}" stroke="#000"/>
${[0, 100, 200, 300, 400].map((value) => `<text x="${LEFT - 8}" y="${y(value) + 4}" text-anchor="end">${value}</text>`).join('\n')}
<text x="${WIDTH - 20}" y="${HEIGHT - 12}" text-anchor="end">${last} s</text>
<text x="${LEFT}" y="${HEIGHT - 12}">0 s</text>
${capacityLine}
${tiers.map(line).join('\n')}
</svg>
`;
}
