import type { RungName } from '../../../contract/feature-health.ts';
import type { AnswerFailure } from '../../failure.ts';
import type { CompiledLadder } from './compile-ladder.ts';
import { type RequestKind, type RungInForce, type StandingParts, Standings } from './standings.ts';

const reads = new Set(['GET', 'HEAD', 'OPTIONS', 'QUERY']);

/** A feature's ladder, and where it stands on it; lives on when the configuration changes. */
export class FeatureLadder {
  readonly ladder: CompiledLadder;
  readonly #standings: Readonly<Record<RequestKind, Standings>>;

  constructor(ladder: CompiledLadder, parts: StandingParts) {
    const { feature } = ladder;
    this.ladder = ladder;
    this.#standings = {
      reads: new Standings(feature, 'reads', parts),
      writes: new Standings(feature, 'writes', parts),
    };
  }

  /** Those of what a method does: where only writes fail, reads go on. */
  standings(method: string): Standings {
    return this.#standings[reads.has(method) ? 'reads' : 'writes'];
  }

  /** `rung` answered in place of an answer that failed so. */
  served(rung: RungName, method: string, { need, cause }: AnswerFailure): void {
    const standings = this.standings(method);
    // A switch is in force until it is switched back, and says so by itself.
    if (cause === 'switched') return;
    // Who is turned away never gets to the service, so nobody else has told of it.
    if (cause === 'shed') standings.failed(need, cause);
    standings.served(rung, need, cause);
  }

  inForce(): readonly RungInForce[] {
    return [...this.#standings.reads.inForce(), ...this.#standings.writes.inForce()];
  }

  /** To be called once a second or so. */
  settle(): void {
    this.#standings.reads.settle();
    this.#standings.writes.settle();
  }

  end(): void {
    this.#standings.reads.end();
    this.#standings.writes.end();
  }
}
