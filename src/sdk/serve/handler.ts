/** Answers one request. What it throws becomes an answer too; see `serve`. */
export type Handler = (request: Request, context: Context) => Response | Promise<Response>;

export interface Context {
  /** What `:param` stood for in the route, decoded. */
  readonly params: Readonly<Record<string, string>>;
  readonly url: URL;
  /** `X-Request-Id` as it came, or one made here; on the answer, in the logs, and passed on. */
  readonly requestId: string;
  /** Aborted when the client has gone. */
  readonly signal: AbortSignal;
}
