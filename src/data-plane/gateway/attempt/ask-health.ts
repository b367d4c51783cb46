import type { HealthPolicy, Policies } from '../../../derive/policies/policies.ts';
import type { Clock, Timer } from '../../../ports/clock/port.ts';
import type { Services } from '../services.ts';
import type { Endpoint } from '../upstream/endpoint.ts';
import type { Outcome, UpstreamRequest } from '../upstream/upstream-exchange.ts';

/**
 * Asks the addresses of services that Turnout does not run whether they are well, where their
 * manifest says how. Each worker asks for itself; what instances of our own say the controller
 * hears.
 */
export interface HealthChecks {
  /** Takes what the configuration in force says, in place of what the one before said. */
  use(policies: Policies): void;
  close(): void;
}

export function createHealthChecks(services: Services, clock: Clock): HealthChecks {
  const asked = new WeakMap<Endpoint, Checked>();
  const timers: Timer[] = [];
  const close = (): void => {
    for (const timer of timers.splice(0)) timer.cancel();
  };
  const ask = (service: string, health: HealthPolicy): void => {
    for (const endpoint of services.get(service).endpoints) {
      let checked = asked.get(endpoint);
      if (checked === undefined) {
        checked = new Checked(endpoint);
        asked.set(endpoint, checked);
      }
      checked.ask(health);
    }
  };
  return {
    use(policies) {
      close();
      for (const { service, health = null } of policies.services) {
        if (health !== null) timers.push(clock.every(health.everyMs, () => ask(service, health)));
      }
    },
    close,
  };
}

/** One address: one question at a time, and how many of the last have failed. */
class Checked {
  readonly #endpoint: Endpoint;
  #isAsking = false;
  #failures = 0;

  constructor(endpoint: Endpoint) {
    this.#endpoint = endpoint;
  }

  ask({ path, timeoutMs, failures }: HealthPolicy): void {
    if (this.#isAsking) return;
    this.#isAsking = true;
    const { origin } = this.#endpoint;
    const host = origin.hostHeader ?? `${bracketed(origin.address)}:${origin.port}`;
    const question: UpstreamRequest = {
      method: 'GET',
      head: `GET ${path} HTTP/1.1\r\nhost: ${host}\r\nuser-agent: turnout-health\r\naccept: */*\r\nconnection: close\r\n\r\n`,
      body: null,
      deadlineMs: timeoutMs,
      upgrades: false,
      exchange: { inform: () => undefined },
      settled: (outcome) => {
        this.#isAsking = false;
        this.#failures = isWell(outcome) ? 0 : this.#failures + 1;
        this.#endpoint.sick = this.#failures >= failures;
      },
    };
    // Whether it still takes a connection is part of the question.
    this.#endpoint.take('new').exchange(question);
  }
}

/** What else it says is of no interest, and may be without end. */
function isWell(outcome: Outcome): boolean {
  if (outcome.kind === 'failed') return false;
  const { status, body } = outcome.answer;
  if (body !== null && !(body instanceof Uint8Array)) body.destroy();
  return status >= 200 && status < 300;
}

function bracketed(address: string): string {
  return address.includes(':') ? `[${address}]` : address;
}
