/** What we use of the public suite, which has no types. */
declare module 'http-cache-tests/tests/index.mjs' {
  interface SuiteRequest {
    readonly response_body?: string;
    response_headers?: readonly (readonly [string, string | number, boolean?])[];
  }
  export interface SuiteTest {
    readonly id: string;
    readonly kind?: 'required' | 'optimal' | 'check';
    readonly depends_on?: readonly string[];
    readonly browser_only?: boolean;
    readonly requests: readonly SuiteRequest[];
  }
  const suites: readonly {
    readonly id: string;
    readonly name: string;
    readonly tests: readonly SuiteTest[];
  }[];
  export default suites;
}

declare module 'http-cache-tests/client/runner.mjs' {
  export function runTests(
    suites: unknown,
    fetch: (url: string, init: SuiteInit) => Promise<unknown>,
    isBrowser: boolean,
    baseUrl: string,
    atOnce: number,
  ): Promise<void>;
  export interface SuiteInit {
    readonly method?: string;
    readonly headers?: readonly (readonly [string, string])[];
    readonly body?: string;
  }
  /** True where it passed, and else what kind of failure it was, and what. */
  export function getResults(): Readonly<Record<string, true | readonly [string, string]>>;
}

declare module 'http-cache-tests/server/handle-*' {
  import type { IncomingMessage, ServerResponse } from 'node:http';
  export default function handle(
    segments: readonly string[],
    request: IncomingMessage,
    response: ServerResponse,
  ): void;
}
