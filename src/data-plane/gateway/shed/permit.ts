import type { Clock } from '../../../ports/clock/port.ts';
import type { Answer, RequestBody } from '../../exchange.ts';
import type { FeatureLoad } from './service-load.ts';

/**
 * Leave to ask a service once. What counts as in flight, and is measured, is the work of the
 * service: from when all of the request is there to the head of the answer. So clients that send
 * slowly keep nobody out and teach nothing; bodies that are still coming, tunnels and event streams
 * are no work that anybody waits for, and count against `limit-in-flight` alone.
 */
export class Permit {
  readonly #load: FeatureLoad;
  readonly #clock: Clock;
  #state: 'uploading' | 'counted' | 'over' = 'uploading';
  #beganMs = 0;

  constructor(load: FeatureLoad, body: RequestBody | null, clock: Clock) {
    this.#load = load;
    this.#clock = clock;
    if (body === null || body.whole !== undefined) this.#count();
    else body.stream.once('end', () => this.#count());
  }

  /** Gives it back when that is answered, and learns from it. */
  through(answer: Answer | Promise<Answer>): Answer | Promise<Answer> {
    if (!(answer instanceof Promise)) {
      this.done(answer);
      return answer;
    }
    return answer.then(
      (came) => {
        this.done(came);
        return came;
      },
      (error: unknown) => {
        this.done(null);
        throw error;
      },
    );
  }

  /** It was answered; null for a defect of ours. Harmless when called again. */
  done(answer: Answer | null): void {
    const isCounted = this.#state === 'counted';
    this.#state = 'over';
    if (!isCounted) return;
    const { of, rank, latency } = this.#load;
    of.room.end(rank);
    const nowMs = this.#clock.monotonicMs();
    const ms = nowMs - this.#beganMs;
    if (answer === null || !of.limit.wants(this.#beganMs)) return;
    const { failure, problem } = answer;
    if (failure?.cause === 'late') of.limit.gaveUp(latency.gaveUp(ms), nowMs);
    // A service that fails at once is not quick: failures teach nothing.
    else if (failure !== undefined) return;
    else if (problem === undefined) of.limit.took(latency.took(ms));
    else if (latency.isTooLong(ms)) of.limit.gaveUp(latency.gaveUp(ms), nowMs);
  }

  #count(): void {
    if (this.#state !== 'uploading') return;
    this.#state = 'counted';
    this.#beganMs = this.#clock.monotonicMs();
    const { of, rank } = this.#load;
    of.room.begin(rank);
    of.limit.begun(of.room.inFlight);
  }
}
