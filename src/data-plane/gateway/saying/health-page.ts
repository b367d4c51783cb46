import { createHash } from 'node:crypto';
import type { RungName } from '../../../contract/feature-health.ts';
import type { SiteHealth } from '../../../contract/site-health.ts';

const style = `:root{color-scheme:light dark}
body{font:1rem/1.5 system-ui,sans-serif;max-width:44rem;margin:2rem auto;padding:0 1rem}
table{border-collapse:collapse;width:100%}
th,td{text-align:left;padding:.4rem .8rem .4rem 0;border-bottom:1px solid #8886}
caption{text-align:left;font-weight:600;padding:.4rem 0}`;

const styleHash = createHash('sha256').update(style).digest('base64');

/** What the page may load and do: nothing but its own style. */
export const healthPagePolicy = [
  "default-src 'none'",
  `style-src 'sha256-${styleHash}'`,
  "frame-ancestors 'none'",
].join('; ');

const states: Readonly<Record<SiteHealth['state'], string>> = {
  up: 'Everything works.',
  degraded: 'Some of it works less well than usual.',
  down: 'Something essential does not work at the moment.',
};

const rungs: Readonly<Record<RungName, string>> = {
  full: 'works',
  region: 'works, from another region',
  stale: 'shows what was known a while ago',
  static: 'shows a prepared page',
  queue: 'takes what you send, and does it later',
  'read-only': 'can be read; nothing is taken',
  redirect: 'sends you elsewhere',
  closed: 'is closed for now',
  failed: 'does not work',
};

const columns = ['Feature', 'How it is', 'Tier', 'Since'];

/** For people with a browser: one table, that needs no script. */
export function healthPage({ state, asOf, features }: SiteHealth): string {
  const rows = features.map(
    ({ feature, tier, rung, since }) =>
      `<tr><th scope="row">${escaped(feature)}</th><td>${escaped(rungs[rung])}</td>` +
      `<td>${escaped(tier)}</td><td>${time(since)}</td></tr>`,
  );
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<title>How things stand</title>
<style>${style}</style>
</head>
<body>
<main>
<h1>How things stand</h1>
<p>${escaped(states[state])} As of ${time(asOf)}.</p>
<table>
<caption>Features</caption>
<thead><tr>${columns.map((column) => `<th scope="col">${column}</th>`).join('')}</tr></thead>
<tbody>
${rows.join('\n')}
</tbody>
</table>
</main>
</body>
</html>
`;
}

function time(iso: string): string {
  const readable = `${iso.slice(0, 19).replace('T', ' ')} UTC`;
  return `<time datetime="${escaped(iso)}">${escaped(readable)}</time>`;
}

function escaped(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
