/**
 * The files of a site whose one feature, `gifts.give`, takes gifts at `POST /gifts` through a
 * service that stands at `port` already, and queues them by e-mail address where that fails.
 */
export function giftsSite(options: {
  readonly port: number;
  readonly workers: number;
}): Readonly<Record<string, string>> {
  return {
    'site.yaml': `turnout: 1
site: gifts
what: A site whose gifts wait while their service is down.
services: [services/*]
listen: { http: 127.0.0.1:0, console: 127.0.0.1:0, workers: ${options.workers} }
`,
    'services/gifts/service.yaml': `turnout: 1
service: gifts
what: Takes gifts.
at: [http://127.0.0.1:${options.port}]
goes-down: [{ when: it rains, users-see: a thank-you, runbook: rain.md }]
features:
  give:
    tier: core
    routes: [POST /gifts]
    once: sdk
    ladder: [queue 1h by body.email]
    replay: open
`,
    'services/gifts/rain.md': '# Rain\n',
  };
}
