import { text } from './describe.ts';
import type { Schema } from './schema.ts';

/** Texts that several manifests share. */

export const namePattern = /^[a-z][a-z0-9-]{0,62}$/;

export function name(what: string): Schema<string> {
  return text(`${what}: lower-case letters, digits and dashes, a letter first`, {
    pattern: namePattern,
    examples: ['donations', 'polling-places'],
  });
}

/**
 * A file or folder below the folder of the manifest. That it is inside the site is checked when it
 * is looked up.
 */
export function file(what: string): Schema<string> {
  return text(`${what}, relative to this manifest`, { pattern: /^[^\0]+$/, longest: 400 });
}

/** A file that stands outside the site as a rule: absolute, or relative to the site directory. */
export const filePath = text('a path such as `/etc/turnout/tls/site.pem`', {
  pattern: /^[^\0]+$/,
  longest: 400,
  examples: ['/etc/turnout/tls/site.pem'],
});

export const host = text('a host name such as `donate.example.org`, or `*.example.org`', {
  pattern: /^(?:\*\.)?[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*$/,
  longest: 253,
  examples: ['donate.example.org', '*.example.org'],
});

export const urlPath = text('a path that begins with “/”, such as `/health`', {
  pattern: /^\/[^\s#]*$/,
  longest: 400,
  examples: ['/health', '/api'],
});

export const httpUrl = text('an http or https URL such as `https://processor.example`', {
  pattern: /^https?:\/\/[^\s/?#@]+(?:[/?#]\S*)?$/,
  examples: ['https://processor.example'],
});

export const headerName = text('the name of a header', { pattern: /^[\w!#$%&'*+.^`|~-]{1,80}$/ });

/**
 * Dates and times as RFC 3339 writes them; with a zone, since a bare time means another moment to
 * each reader.
 */
export const moment = text('a moment such as `2026-11-03T23:00:00Z`', {
  pattern: /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d)?(?:Z|[+-]\d\d:\d\d)$/,
  examples: ['2026-11-03T23:00:00Z'],
});
