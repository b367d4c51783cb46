import type { FeaturePolicy } from '../../../derive/policies/policies.ts';
import type { RungName } from '../../../contract/feature-health.ts';
import { formatFeatureHealth } from '../../../contract/write-feature-health.ts';
import type { Answer } from '../../exchange.ts';

/** `Service-Health` ready to be sent: as a value, and as a line that ends in CRLF. */
export interface HealthText {
  readonly value: string;
  readonly line: string;
}

/** What is said of one feature, written once; only the age of an answer is written anew. */
export class HealthTexts {
  readonly #of: Pick<FeaturePolicy, 'feature' | 'tier'>;
  readonly #full: HealthText;
  readonly #others = new Map<RungName, HealthText>();

  /** Throws RangeError where the feature's name cannot stand in a header. */
  constructor(of: Pick<FeaturePolicy, 'feature' | 'tier'>) {
    this.#of = of;
    this.#full = this.#write('full', null);
  }

  /** What an answer says of its feature. */
  of(answer: Answer): HealthText {
    const name = rungOf(answer);
    if (name === 'full') return this.#full;
    const ageMs = answer.rung?.ageMs;
    if (ageMs !== undefined) return this.#write(name, Math.max(0, Math.floor(ageMs / 1_000)));
    const known = this.#others.get(name);
    if (known !== undefined) return known;
    const made = this.#write(name, null);
    this.#others.set(name, made);
    return made;
  }

  #write(rung: RungName, ageS: number | null): HealthText {
    const { feature, tier } = this.#of;
    const value = formatFeatureHealth({ feature, tier, rung, ageS });
    return { value, line: `service-health: ${value}\r\n` };
  }
}

/** By its own word a service has failed, also where an answer that says so was kept. */
const failing = new Set([502, 503, 504]);

/** The rung that an answer comes from; a failure that none has caught is `failed`. */
export function rungOf({ rung, failure, problem, status }: Answer): RungName {
  if (rung !== undefined) return rung.name;
  const isFailed = failure !== undefined || problem === 'internal-error' || failing.has(status);
  return isFailed ? 'failed' : 'full';
}
