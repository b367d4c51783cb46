import type { Model } from '../../manifest/model.ts';
import type { ClientLimits } from '../worker-configuration.ts';

/** What one client may take of a worker, and how slow it may be. */
export function deriveClients({ site }: Model): ClientLimits {
  return { ...site.clients };
}
