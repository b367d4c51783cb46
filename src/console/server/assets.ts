import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

/** A file for the browser, under a name that changes with its content. */
export interface Asset {
  /** `/assets/console-3f2a….css`. */
  readonly path: string;
  readonly contentType: string;
  readonly body: string;
}

/** Everything the pages load; there is nothing else and nothing from elsewhere. */
export const assets = {
  style: readAsset('console.css', 'text/css; charset=utf-8'),
  script: readAsset('live.js', 'text/javascript; charset=utf-8'),
  icon: readAsset('icon.svg', 'image/svg+xml'),
} as const satisfies Record<string, Asset>;

function readAsset(file: string, contentType: string): Asset {
  const body = readFileSync(new URL(`../browser/${file}`, import.meta.url), 'utf8');
  const hash = createHash('sha256').update(body).digest('hex').slice(0, 12);
  const dot = file.lastIndexOf('.');
  return { path: `/assets/${file.slice(0, dot)}-${hash}${file.slice(dot)}`, contentType, body };
}
