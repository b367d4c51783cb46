/**
 * What `_redirects` and `_headers` of a frontend's folder say, as part of its release: plain data,
 * checked when it was published. Paths are whole ones, as browsers ask for them, decoded.
 */
export interface FrontendRules {
  /** The first that matches is followed. */
  readonly redirects: readonly FrontendRedirect[];
  /** All that match add up, in order. */
  readonly headers: readonly FrontendHeaders[];
}

export interface FrontendRedirect {
  /** Line of `_redirects`. */
  readonly line: number;
  /** See lib/path-pattern.ts. */
  readonly from: string;
  /** Parameters that must be there: each a value, or `:name` for any, which `to` may use. */
  readonly query: Readonly<Record<string, string>>;
  /** A path or URL, with `:name` and `:splat` of `from` in it. */
  readonly to: string;
  /** 200 and 404 answer with a file of the release, the others send the browser to `to`. */
  readonly status: RedirectStatus;
  /** Also where a file stands at the path. */
  readonly force: boolean;
}

export const redirectStatuses = [200, 301, 302, 303, 307, 308, 404] as const;

export type RedirectStatus = (typeof redirectStatuses)[number];

export interface FrontendHeaders {
  /** Line of `_headers`. */
  readonly line: number;
  /** See lib/path-pattern.ts. */
  readonly path: string;
  /** Lower-case name and value in the order written; null takes the header away. */
  readonly changes: readonly (readonly [name: string, value: string | null])[];
}
