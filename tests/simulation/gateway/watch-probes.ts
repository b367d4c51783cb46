import type { Circuit } from '../../../src/data-plane/gateway/circuits/circuits.ts';
import { type Breaker, REFUSED } from '../../../src/data-plane/gateway/circuits/breaker.ts';

const watched = new WeakSet<Breaker>();

/** Tells in `broken` where a breaker that is half-open has let in more than the one that tries. */
export function watchProbes({ name, breaker }: Circuit, broken: string[]): void {
  if (watched.has(breaker)) return;
  watched.add(breaker);
  let probe = REFUSED;
  const admit = breaker.admit.bind(breaker);
  breaker.admit = (nowMs) => {
    const permit = admit(nowMs);
    const { kind } = breaker.state;
    if (kind === 'open' && permit !== REFUSED) broken.push(`${name} is open and lets one in`);
    if (kind !== 'half-open' || permit === REFUSED) return permit;
    if (permit === probe) broken.push(`${name} lets a second one try`);
    probe = permit;
    return permit;
  };
}
