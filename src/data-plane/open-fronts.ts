import type { Handshakes } from './edge/tls/handshakes.ts';
import type { Listener } from './edge/receive/listener.ts';
import { openFront, type Place } from './front.ts';
import type { Side } from './gateway/route/compile-routes.ts';
import type { Knowledge } from './knowledge.ts';
import type { PipelineParts } from './stages.ts';
import type { SharedParts } from './shared-parts.ts';
import type { Tls } from './tls.ts';
import type { WorkerLimits, WorkerOptions } from './worker.ts';

export interface Fronts {
  readonly http: Listener;
  readonly https: Listener | null;
  readonly internal: Listener | null;
}

/** All the ways into a worker; rejects with TurnoutError `cannot-listen`. */
export async function openFronts(
  { listen, isFast }: Pick<WorkerOptions, 'listen' | 'isFast'>,
  limits: () => WorkerLimits,
  parts: SharedParts,
  traffic: { requests: number; inFlight: number },
  knowledge: Pick<Knowledge, 'compiled'>,
  tls: Tls | null,
): Promise<Fronts> {
  const open = (
    place: Place,
    side: Side,
    more: { readonly handshakes?: Handshakes; readonly httpsPort?: number } = {},
  ): Promise<Listener> => {
    const { handshakes = null, httpsPort = null } = more;
    const configuration = () => knowledge.compiled?.[side] ?? null;
    const own: PipelineParts = { ...parts, side, httpsPort, configuration };
    return openFront({ place, limits, parts: own, traffic, handshakes, isFast });
  };
  const internal = listen.internal && (await open(listen.internal, 'internal'));
  if (listen.https === null || tls === null) {
    return { http: await open(listen.http, 'public'), https: null, internal };
  }
  const https = await open(listen.https, 'public', { handshakes: tls.handshakes });
  const http = await open(listen.http, 'public', { httpsPort: https.port });
  return { http, https, internal };
}
