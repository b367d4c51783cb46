import type { JsonValue } from '../../lib/json.ts';
import type { SiteControl } from './site-control.ts';

export interface ApiRequest {
  /** The part of the path that the route's `:id` matched. */
  readonly id: string;
  readonly query: URLSearchParams;
  /** Empty where the route takes none. */
  readonly body: string;
  /** Who asks, for the journal. */
  readonly who: string;
}

export interface ApiRoute {
  readonly method: 'GET' | 'POST';
  readonly path: RegExp;
  readonly takesBody?: boolean;
  readonly handle: (control: SiteControl, request: ApiRequest) => Promise<JsonValue>;
}
