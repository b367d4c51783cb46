import { canonicalJson } from '../lib/canonical-json.ts';
import type { Site } from '../manifest/model.ts';

/** What of `listen` is settled when a site is brought up, as text to compare. */
export function listenWritten({ listen }: Pick<Site, 'listen'>): string {
  const { http, https, internal, console, workers } = listen;
  return canonicalJson({ http, https, internal, console, workers });
}
