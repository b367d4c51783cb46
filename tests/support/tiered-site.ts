/** The tiers of `tieredSite`; a request for `/<tier>/…` is of the feature of that tier. */
export const tiers = ['core', 'important', 'sheddable'] as const;
export type Tier = (typeof tiers)[number];

/**
 * The files of a site whose one service works on `slots` requests at a time, each for `workMs`;
 * more wait in it, first come, first served, for as long as it takes. `/kept/…` may be kept for a
 * minute.
 */
export function tieredSite(options: {
  readonly slots: number;
  readonly workMs: number;
  readonly workers: number;
}): Readonly<Record<string, string>> {
  return {
    'site.yaml': `turnout: 1
site: tiered
what: A site for tests of overload.
services: [services/*]
listen: { http: 127.0.0.1:0, console: 127.0.0.1:0, workers: ${options.workers} }
`,
    'services/shop/service.yaml': `turnout: 1
service: shop
what: Takes as many requests as it can, and lets the others wait.
build: { entry: server.ts }
run: { command: node server.js }
health: { path: /health, every: 500ms, start: 5s }
scale: { min: 1, max: 1, limit-in-flight: 200 }
release: { drain: 1s }
features:
${tiers.map((tier) => `  ${tier}: { tier: ${tier}, routes: [GET /${tier}/**], cache: none, ladder: [closed] }`).join('\n')}
  kept: { tier: sheddable, routes: [GET /kept/**], cache: 1m, ladder: [closed] }
`,
    'services/shop/server.ts': `
import { createServer } from 'node:http';

const queue = [];
let working = 0;
function work() {
  while (working < ${options.slots} && queue.length > 0) {
    const response = queue.shift();
    working += 1;
    setTimeout(() => {
      working -= 1;
      response.end('done');
      work();
    }, ${options.workMs});
  }
}
createServer((request, response) => {
  if (request.url === '/health') return response.end();
  queue.push(response);
  work();
}).listen(Number(process.env.PORT), process.env.HOST);
process.on('SIGTERM', () => process.exit(0));
`,
  };
}
