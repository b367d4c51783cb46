import type { Randomness } from '../../../ports/randomness/port.ts';
import type { Endpoint } from '../upstream/endpoint.ts';

/** With more than this share put aside, the fault is not theirs, and all are used. */
const PANIC_SHARE = 0.5;

/**
 * Power of two choices: of two endpoints drawn at random, the one with fewer requests in flight,
 * then the faster one. (Mitzenmacher 2001.) Those that could just not be reached stand back while
 * others can; those put aside for how they answer get nothing, unless more than half of all are:
 * then all are used (the panic threshold). One that is new, or has come back, is passed over now
 * and then until it is warm. `tried` ones are never chosen again; null when no endpoint is left
 * under `limitInFlight`.
 */
export function chooseEndpoint(
  endpoints: readonly Endpoint[],
  tried: readonly Endpoint[],
  limitInFlight: number,
  randomness: Randomness,
): Endpoint | null {
  const count = endpoints.length;
  if (count > 2) {
    // The common case: two draws that are both fit. Otherwise the slow way looks at all of them.
    const first = endpoints[randomness.integer(count)];
    const second = endpoints[randomness.integer(count)];
    if (fit(first, tried, limitInFlight) && fit(second, tried, limitInFlight)) {
      return better(first, second, randomness);
    }
  }
  const start = count > 1 ? randomness.integer(count) : 0;
  const panics = count > 1 && tooManyPutAside(endpoints);
  let chosen: Endpoint | null = null;
  let resort: Endpoint | null = null;
  for (let i = 0; i < count; i++) {
    const endpoint = endpoints[(start + i) % count];
    if (endpoint === undefined || tried.includes(endpoint)) continue;
    if (endpoint.inFlight >= limitInFlight) continue;
    const standsBack = endpoint.suspended || (endpoint.ejected && !panics);
    if (standsBack) resort = resort === null ? endpoint : better(resort, endpoint, randomness);
    else chosen = chosen === null ? endpoint : better(chosen, endpoint, randomness);
  }
  return chosen ?? resort;
}

function tooManyPutAside(endpoints: readonly Endpoint[]): boolean {
  let putAside = 0;
  for (const endpoint of endpoints) if (endpoint.ejected) putAside++;
  return putAside > PANIC_SHARE * endpoints.length;
}

function fit(
  endpoint: Endpoint | undefined,
  tried: readonly Endpoint[],
  limitInFlight: number,
): endpoint is Endpoint {
  return (
    endpoint !== undefined &&
    endpoint.inFlight < limitInFlight &&
    !endpoint.suspended &&
    !endpoint.ejected &&
    !tried.includes(endpoint)
  );
}

function better(a: Endpoint, b: Endpoint, randomness: Randomness): Endpoint {
  const colder = a.warmth - b.warmth;
  if (colder !== 0) {
    const cold = colder < 0 ? a : b;
    if (randomness.fraction() > cold.warmth) return cold === a ? b : a;
  }
  if (a.inFlight !== b.inFlight) return a.inFlight < b.inFlight ? a : b;
  return a.latencyMs <= b.latencyMs ? a : b;
}
