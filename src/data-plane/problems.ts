import type { Answer } from './exchange.ts';

/**
 * Every error that the data plane answers itself, in one list: its status, its title, and its error
 * type for the `Proxy-Status` header (RFC 9209, section 2.3). `type` in the body is
 * `urn:turnout:problem:` and the code, for ever.
 */
const problems = {
  'bad-request': [400, 'The request is malformed', 'http_request_error'],
  'bad-path': [400, 'The path is malformed', 'http_request_error'],
  'bad-host': [400, 'The Host header is missing, doubled or malformed', 'http_request_error'],
  'idempotency-key-invalid': [400, 'The Idempotency-Key cannot be read', 'http_request_error'],
  'token-refused': [401, 'The token is not the right one', 'http_request_denied'],
  'token-in-clear': [403, 'A token was sent without encryption', 'http_request_denied'],
  banned: [403, 'Access is denied', 'http_request_denied'],
  'preview-refused': [403, 'This preview cannot be opened', 'http_request_denied'],
  'no-such-page': [404, 'There is nothing at this address', 'destination_not_found'],
  'write-unknown': [404, 'There is no such write', 'destination_not_found'],
  'method-not-allowed': [405, 'This address does not take this method', 'http_request_denied'],
  'request-too-slow': [408, 'The request took too long to arrive', 'http_request_error'],
  'write-set-aside': [410, 'This was kept and could not be carried out', 'connection_terminated'],
  'precondition-failed': [
    412,
    'What the request is conditional on does not hold',
    'http_request_denied',
  ],
  'body-too-large': [413, 'The body is larger than this address takes', 'http_request_error'],
  'target-too-long': [414, 'The address is too long', 'http_request_error'],
  'range-not-satisfiable': [416, 'Nothing stands in the range asked for', 'http_request_denied'],
  'expectation-failed': [417, 'The expectation cannot be met', 'http_request_error'],
  'misdirected-request': [421, 'This server does not answer for that host', 'http_request_denied'],
  'write-refused': [422, 'This was kept, and refused when carried out', 'http_request_denied'],
  'too-many-requests': [429, 'There were too many requests', 'http_request_denied'],
  'head-too-large': [431, 'The request headers are too large', 'http_request_error'],
  'internal-error': [500, 'Something went wrong in the proxy itself', 'proxy_internal_error'],
  'method-not-implemented': [501, 'This method is not supported', 'http_request_denied'],
  'coding-not-implemented': [
    501,
    'This coding of a message is not supported',
    'http_request_denied',
  ],
  'connection-refused': [502, 'The service could not be reached', 'connection_refused'],
  'connection-lost': [502, 'The service closed the connection', 'connection_terminated'],
  'outcome-unknown': [
    502,
    'The service was lost while it worked on this: outcome unknown',
    'connection_terminated',
  ],
  'bad-upstream-answer': [502, 'The service gave a malformed answer', 'http_protocol_error'],
  'feature-closed': [503, 'This is closed for the moment', 'destination_unavailable'],
  'feature-read-only': [503, 'This can only be read for the moment', 'destination_unavailable'],
  'need-lost': [503, 'What this needs is away', 'destination_unavailable'],
  'switched-off': [503, 'This is switched off for the moment', 'http_request_denied'],
  'slowed-too-many': [503, 'Too many wait for this already', 'connection_limit_reached'],
  'no-configuration': [503, 'The site is starting', 'proxy_configuration_error'],
  'no-instance': [503, 'No instance of the service is ready', 'destination_unavailable'],
  'circuit-open': [
    503,
    'The service is not asked: too much failed just now',
    'destination_unavailable',
  ],
  'limit-reached': [503, 'As many requests are under way as may be', 'connection_limit_reached'],
  overloaded: [503, 'There are more requests than can be answered', 'connection_limit_reached'],
  'instances-busy': [503, 'All instances of the service are busy', 'connection_limit_reached'],
  'write-not-kept': [503, 'This can be neither done nor kept now', 'destination_unavailable'],
  'write-status-unavailable': [
    503,
    'How the write stands cannot be told now',
    'proxy_internal_error',
  ],
  'deadline-exceeded': [504, 'The service did not answer in time', 'connection_read_timeout'],
  'outcome-unknown-failed': [
    504,
    'The service failed while it worked on this: outcome unknown',
    'connection_terminated',
  ],
  'outcome-unknown-late': [
    504,
    'The service did not answer in time: outcome unknown',
    'connection_read_timeout',
  ],
  'loop-detected': [508, 'The request goes in circles', 'proxy_loop_detected'],
  'version-not-supported': [505, 'This HTTP version is not supported', 'http_request_error'],
} as const satisfies Record<string, readonly [number, string, string]>;

export type ProblemCode = keyof typeof problems;

export const problemCodes = Object.keys(problems) as readonly ProblemCode[];

export interface ProblemDetails {
  /** What a person should know or do; never names, addresses or reasons from inside. */
  readonly detail: string;
  readonly requestId?: string;
  readonly headers?: readonly string[];
}

/** Its words for people, without a full stop. */
export function problemTitle(code: ProblemCode): string {
  return problems[code][1];
}

/** An error of our own as problem+json (RFC 9457), never stored, with `Proxy-Status` (RFC 9209). */
export function problemAnswer(code: ProblemCode, details: ProblemDetails): Answer {
  const [status, title, proxyError] = problems[code];
  const body = Buffer.from(
    `${JSON.stringify({
      type: `urn:turnout:problem:${code}`,
      title,
      status,
      detail: details.detail,
      code,
      ...(details.requestId === undefined ? {} : { requestId: details.requestId }),
    })}\n`,
  );
  return {
    status,
    problem: code,
    headers: [
      'content-type',
      'application/problem+json',
      'cache-control',
      'no-store',
      'proxy-status',
      `turnout; error=${proxyError}; details="${code}"`,
      ...(details.headers ?? []),
    ],
    body,
  };
}
