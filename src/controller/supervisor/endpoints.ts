import type { Endpoint, Endpoints } from '../../contract/keys.ts';
import type { Instance, ServiceState } from './service-state.ts';

/** What the workers are told: who takes requests, and who only finishes some. */
export function endpointsOf(state: ServiceState): Endpoints {
  return {
    service: state.service,
    instances: state.instances.map(endpointOf).filter((endpoint) => endpoint !== null),
  };
}

/** A sick one that is not being replaced stays in rotation: see `replaceSick`. */
function endpointOf({ id, release, process, state }: Instance): Endpoint | null {
  if (process === null) return null;
  const { address } = process;
  switch (state.kind) {
    case 'healthy':
    case 'sick':
      return { id, address, release, state: 'ready' };
    case 'draining':
    case 'stopping':
      return { id, address, release, state: 'draining' };
    case 'launching':
    case 'starting':
      return null;
  }
}
