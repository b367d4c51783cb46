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
  /**
   * What the journal says of being asked, by whom and why (`?why=`), before it is tried. Those that
   * have none journal the change itself with both.
   */
  readonly asks?: Asking;
  readonly handle: (control: SiteControl, request: ApiRequest) => Promise<JsonValue>;
}

export interface Asking {
  /** Such as `resource.promotion-asked`. */
  readonly kind: string;
  /** What it is about; the `:id` of the path where it is not said. */
  readonly subject?: string;
  /** What of the query belongs to it. */
  readonly with?: readonly string[];
}
