import { placeOf } from '../source/source-file.ts';
import { codes, type ProblemCode } from './codes.ts';
import { ancestry, formatPath, type Path } from './path.ts';
import { excerptOf, type Problem, type Spot } from './problem.ts';

/** A problem as the code that finds it says it; place, severity and excerpt are worked out here. */
export interface Finding {
  readonly code: ProblemCode;
  readonly spot: Spot;
  readonly path: Path;
  readonly message: string;
  readonly expected?: string;
  readonly remedy: string;
  readonly also?: readonly { readonly what: string; readonly spot: Spot }[];
}

/** So many that nobody reads on; a file this broken is mended from the top. */
const mostProblems = 1000;

/**
 * Collects all that is wrong, so that one run shows everything. What is found twice at one place
 * (by way of an alias, or in an environment by itself and again when it is merged) is told once.
 */
export class ProblemList {
  readonly #problems: Problem[] = [];
  readonly #wrong = new Set<string>();
  readonly #told = new Set<string>();

  add(finding: Finding): void {
    if (this.#problems.length >= mostProblems) return;
    const place = placeOf(finding.spot.source, finding.spot.start);
    const path = formatPath(finding.path).replaceAll(/\p{Cc}/gu, '�');
    const severity = codes[finding.code].severity;
    if (severity === 'error') this.#remember(finding.path);
    // A key that is unknown to an environment is unknown to what it is merged into, in other words.
    const words = finding.code === 'unknown-key' ? '' : finding.message;
    const told = [finding.code, place.file, place.line, place.column, words].join('\0');
    if (this.#told.has(told)) return;
    this.#told.add(told);
    this.#problems.push({
      code: finding.code,
      severity,
      ...place,
      path,
      message: finding.message.replaceAll(/\p{Cc}/gu, '�'),
      expected: finding.expected ?? null,
      remedy: finding.remedy,
      excerpt: excerptOf(finding.spot),
      also: (finding.also ?? []).map(({ what, spot }) => {
        const { file, line, column } = placeOf(spot.source, spot.start);
        return { what, file, line, column, excerpt: excerptOf(spot) };
      }),
    });
  }

  /**
   * Whether an error was found at this path or inside it: a cross-check says nothing about such a
   * value.
   */
  isWrong(path: Path): boolean {
    return this.#wrong.size > 0 && this.#wrong.has(keyOf(path));
  }

  get hasErrors(): boolean {
    return this.#wrong.size > 0;
  }

  /** Errors first, each group in the order of its places. */
  sorted(): readonly Problem[] {
    return this.#problems.toSorted(
      (a, b) =>
        rank(a) - rank(b) ||
        compare(a.file, b.file) ||
        a.line - b.line ||
        a.column - b.column ||
        compare(a.code, b.code),
    );
  }

  #remember(path: Path): void {
    for (const above of ancestry(path)) this.#wrong.add(keyOf(above));
  }
}

function keyOf(path: Path): string {
  return `${path.document}\0${formatPath(path)}`;
}

function rank(problem: Problem): number {
  return problem.severity === 'error' ? 0 : 1;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
