import { CERTIFICATES_PREFIX } from '../contract/keys.ts';
import type { WorkerCertificates } from '../contract/keys.ts';
import type { Log } from '../lib/log.ts';
import type { Clock } from '../ports/clock/port.ts';
import type { Randomness } from '../ports/randomness/port.ts';
import type { State } from '../ports/state/port.ts';
import { type Certificates, createCertificates } from './edge/tls/certificates.ts';
import { createHandshakes, type HandshakeLimits, type Handshakes } from './edge/tls/handshakes.ts';
import { openKeptPairs } from './edge/tls/kept-pairs.ts';
import { openSessionTickets } from './edge/tls/session-tickets.ts';

/** Where the public side listens with TLS, and what it needs for it on this machine. */
export interface TlsPlace {
  readonly address: string;
  readonly port: number;
  /** What relative paths of certificates are relative to. */
  readonly siteDirectory: string;
  /** Shared by all workers, so that they open each other's session tickets. */
  readonly ticketsFile: string;
}

export interface Tls {
  readonly certificates: Certificates;
  readonly handshakes: Handshakes;
  close(): Promise<void>;
}

interface TlsParts {
  readonly id: string;
  readonly state: State;
  readonly clock: Clock;
  readonly randomness: Randomness;
  readonly lastGoodFolder: string;
  readonly log: Log;
}

const TELL_AGAIN_MS = 5_000;

/** What makes TLS possible in a worker, and tells state which certificates it shows. */
export async function openTls(
  place: TlsPlace,
  limits: HandshakeLimits,
  parts: TlsParts,
): Promise<Tls> {
  const kept = openKeptPairs(parts.lastGoodFolder, parts.log);
  const { siteDirectory, ticketsFile } = place;
  const certificates = createCertificates({ siteDirectory, kept, ...parts });
  const tickets = await openSessionTickets(ticketsFile, parts);
  const handshakes = createHandshakes(certificates, tickets, limits, parts.clock);
  const telling = tellState(certificates, parts);
  return {
    certificates,
    handshakes,
    async close() {
      telling.close();
      certificates.close();
      tickets.close();
      handshakes.close();
      await kept.flush();
    },
  };
}

/** Tells again after a failure: what state holds of this worker must come true at last. */
function tellState(
  certificates: Certificates,
  { id, state, clock, log }: TlsParts,
): { close(): void } {
  let isTold = true;
  const tell = async (): Promise<void> => {
    isTold = true;
    const told: WorkerCertificates = { worker: id, certificates: certificates.states() };
    try {
      await state.put(`${CERTIFICATES_PREFIX}${id}`, told);
    } catch (error) {
      isTold = false;
      log.warn('The certificates were not told', { error: String(error) });
    }
  };
  certificates.onChange(() => void tell());
  const timer = clock.every(TELL_AGAIN_MS, () => {
    if (!isTold) void tell();
  });
  return { close: () => timer.cancel() };
}
