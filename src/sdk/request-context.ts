import { AsyncLocalStorage } from 'node:async_hooks';

/** What belongs to the request under way, wherever in the service one asks. */
export interface RequestContext {
  readonly requestId: string;
  /** W3C Trace Context, passed on as they came; null where there is none. */
  readonly traceparent: string | null;
  readonly tracestate: string | null;
}

/** Undefined outside a request. */
export const requestContext = new AsyncLocalStorage<RequestContext>();
