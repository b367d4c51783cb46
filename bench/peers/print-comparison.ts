import { ratio, type Measured } from './compare.ts';

/** A ratio that a comparison must reach, as issue and README promise it. */
export interface Target {
  readonly peer: string;
  readonly atLeast: number;
  /** How long p99 may be beside that of the peer; not looked at where it is not said. */
  readonly p99AtMost?: number;
}

export interface Verdict extends Target {
  readonly reached: number;
  readonly met: boolean;
}

/**
 * Prints a table of what was measured and a line for each target; returns how each target came out.
 *
 * A core that a server has to itself gives the same ratio by requests a second and by CPU per
 * request. Where others use the machine, or the load is the limit, they differ: the lower one
 * counts.
 */
export function printComparison(
  title: string,
  measured: readonly Measured[],
  subject: string,
  targets: readonly Target[],
): Verdict[] {
  const by = (name: string): Measured | undefined => measured.find((each) => each.name === name);
  const against = (each: Measured, peer: string): string => {
    const other = by(peer);
    return other === undefined ? '' : ratio(each, other).toFixed(2);
  };
  console.log(`\n${title}`);
  printRow([
    '',
    'requests/s',
    '/ nginx',
    '/ caddy',
    'CPU µs',
    'kernel',
    'p99 ms',
    'busy',
    'errors',
  ]);
  for (const each of measured) {
    printRow([
      each.name,
      Math.round(each.perSecond).toLocaleString('en'),
      against(each, 'nginx'),
      against(each, 'caddy'),
      each.cpuMicrosPerRequest.toFixed(1),
      each.systemMicrosPerRequest.toFixed(1),
      each.p99Ms.toFixed(2),
      `${Math.round(each.busy * 100)} %`,
      String(each.errors),
    ]);
  }
  const own = by(subject);
  if (own === undefined) return [];
  return targets.flatMap((target) => {
    const peer = by(target.peer);
    if (peer === undefined) return [];
    const byRate = ratio(own, peer);
    const byCpu = peer.cpuMicrosPerRequest / own.cpuMicrosPerRequest;
    const reached = Math.min(byRate, byCpu);
    const isFast = reached >= target.atLeast;
    const between = `${subject} / ${target.peer}:`;
    const both = `${byRate.toFixed(2)} by requests/s, ${byCpu.toFixed(2)} by CPU`;
    console.log(`${word(isFast)} ${between} ${both}; wanted ${target.atLeast}`);
    const { p99AtMost = Infinity } = target;
    const p99 = own.p99Ms / peer.p99Ms;
    const isEven = p99 <= p99AtMost;
    if (p99AtMost !== Infinity) {
      console.log(
        `${word(isEven)} ${between} ${p99.toFixed(2)} by p99; wanted ${p99AtMost} at most`,
      );
    }
    return [{ ...target, reached, met: isFast && isEven }];
  });
}

function word(isMet: boolean): string {
  return isMet ? 'ok   ' : 'SHORT';
}

const widths = [9, 11, 8, 8, 8, 8, 8, 7, 7];

function printRow(cells: readonly string[]): void {
  const [name = '', ...numbers] = cells;
  const padded = numbers.map((cell, index) => cell.padStart(widths[index + 1] as number));
  console.log(`  ${name.padEnd(widths[0] as number)}${padded.join('')}`);
}
