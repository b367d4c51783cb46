import type { Randomness } from '../../../ports/randomness/port.ts';
import type { Endpoint } from '../upstream/endpoint.ts';

/**
 * Power of two choices: of two endpoints drawn at random, the one with fewer requests in flight,
 * then the faster one. (Mitzenmacher 2001.) Those that have just failed stand back while others are
 * well; when none is well, all are used: the panic threshold. `tried` ones are never chosen again;
 * null when no endpoint is left under `limitInFlight`.
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
      return better(first, second);
    }
  }
  let chosen: Endpoint | null = null;
  let resort: Endpoint | null = null;
  const start = count > 1 ? randomness.integer(count) : 0;
  for (let i = 0; i < count; i++) {
    const endpoint = endpoints[(start + i) % count];
    if (endpoint === undefined || tried.includes(endpoint)) continue;
    if (endpoint.inFlight >= limitInFlight) continue;
    if (endpoint.suspended) resort = resort === null ? endpoint : better(resort, endpoint);
    else chosen = chosen === null ? endpoint : better(chosen, endpoint);
  }
  return chosen ?? resort;
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
    !tried.includes(endpoint)
  );
}

function better(a: Endpoint, b: Endpoint): Endpoint {
  if (a.inFlight !== b.inFlight) return a.inFlight < b.inFlight ? a : b;
  return a.latencyMs <= b.latencyMs ? a : b;
}
