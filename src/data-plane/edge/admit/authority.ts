/** Host and port as Host, `:authority` or a target in absolute form say them. */
export interface Authority {
  /** As received, lower case. */
  readonly authority: string;
  /** Without port and without the dot that ends a full name. */
  readonly host: string;
}

const label = '[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?';
const pattern = new RegExp(`^((?:${label}\\.)*${label})\\.?(?::[0-9]{1,5})?$`);
const bracketed = /^(\[[0-9a-f:.]{2,45}\])(?::[0-9]{1,5})?$/;
const MAX_LENGTH = 255 + 6;

let lastReceived = '';
let last: Authority | null = null;

/**
 * Null when it is malformed. The last answer is remembered: nearly all requests name the same host.
 */
export function readAuthority(received: string): Authority | null {
  if (received === lastReceived) return last;
  const authority = received.toLowerCase();
  const found =
    authority.length > MAX_LENGTH
      ? null
      : authority.startsWith('[')
        ? bracketed.exec(authority)
        : pattern.exec(authority);
  lastReceived = received;
  last = found === null ? null : { authority, host: found[1] ?? '' };
  return last;
}
