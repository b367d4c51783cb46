import type { JsonValue } from '../lib/json.ts';

/**
 * What the controller, the keeper and the process of the links tell each other: whether there are
 * links at all, and one record for each. A link is a TCP proxy on loopback through which a service
 * reaches one server of one of its needs.
 */
export const LINKS_KEY = 'links';
/** `links/<service>/<need>/<server>`. */
export const LINKS_PREFIX = 'links/';

export type LinksSwitch = { readonly on: boolean };

export type LinkId = {
  readonly service: string;
  readonly need: string;
  /** `primary` and `replica-1` and so on of a database, `front` of any other need. */
  readonly server: string;
};

export type LinkRecord = LinkId & {
  /** Where it listens on 127.0.0.1: chosen once, kept for as long as the need is there. */
  readonly port: number;
  /** Where it goes; may change at any time, for connections that are made from then on. */
  readonly target: LinkTarget;
  /** What is done to it on purpose; null for nothing. */
  readonly fault: LinkFault | null;
};

/** A name is resolved again for each connection. */
export type LinkTarget = { readonly host: string; readonly port: number };

/**
 * `cut`: what is open is reset, what is new is refused. `hang`: nothing passes and nothing is
 * closed, as behind a lost network; what was held goes on afterwards.
 */
export type LinkFault = {
  readonly kind: 'cut' | 'hang';
  /** Milliseconds since the epoch: from then on the link is open by itself. */
  readonly untilMs: number;
  readonly who: string;
  readonly why: string;
};

/** What the process of the links says of itself in `run/links.json`, at most each second. */
export type LinksStatus = {
  readonly pid: number;
  readonly startTicks: number;
  readonly asOfMs: number;
  readonly links: readonly LinkStatus[];
};

export type LinkStatus = LinkId & {
  readonly port: number;
  /** `failed`: it cannot listen; `reason` says why. */
  readonly state: 'open' | 'cut' | 'hang' | 'failed';
  readonly reason: string | null;
  /** Open now. */
  readonly connections: number;
  /** Since the process of the links was started, like the numbers below. */
  readonly accepted: number;
  /** Accepted and reset at once: too many, or the target could not be reached. */
  readonly refused: number;
  readonly bytesToTarget: number;
  readonly bytesFromTarget: number;
};

export function linkKey({ service, need, server }: LinkId): string {
  return `${LINKS_PREFIX}${service}/${need}/${server}`;
}

/**
 * A record as it stands in state or on disk; null for what this version cannot read, which a newer
 * one may have written. Fields it does not know are left out.
 */
export function readLinkRecord(value: JsonValue): LinkRecord | null {
  const record = value as Partial<LinkRecord> | null;
  const { service, need, server, port, target, fault } = record ?? {};
  if (typeof service !== 'string' || typeof need !== 'string' || typeof server !== 'string') {
    return null;
  }
  if (typeof port !== 'number' || typeof target?.host !== 'string') return null;
  if (typeof target.port !== 'number') return null;
  return {
    service,
    need,
    server,
    port,
    target: { host: target.host, port: target.port },
    fault: readFault(fault),
  };
}

/** A fault that cannot be read is none: a link that cannot be told to open must not stay cut. */
function readFault(fault: Partial<LinkFault> | null | undefined): LinkFault | null {
  const { kind, untilMs, who = '', why = '' } = fault ?? {};
  if (kind !== 'cut' && kind !== 'hang') return null;
  return typeof untilMs === 'number' ? { kind, untilMs, who, why } : null;
}
