/**
 * An edge as a large site has it on the day: a thousand bans, fifty rules of the usual shapes, and
 * three hundred routes, none of which stops the request that is measured.
 */
const BANS = 1_000;
const RULES = 50;
const ROUTES = 300;

export function fullEdge(): string {
  const bans = Array.from({ length: BANS }, (_, n) => `203.0.${n >> 8}.${n & 255}`);
  return `turnout: 1
tables:
  bans: { kind: cidr, entries: [${bans.join(', ')}] }
  blocked: { kind: set, entries: [curl-old, sqlmap, nikto] }
  settings: { kind: map, entries: [{ key: mode, value: open }] }
rules:
${Array.from({ length: RULES }, (_, n) => ruleOf(n)).join('')}`;
}

const conditions = [
  (n: number) => `request.path == "/closed/${n}"`,
  (n: number) => `request.path.startsWith("/admin/${n}/") && !(client.address in tables.bans)`,
  (n: number) => `request.method == "POST" && request.path == "/api/forms/${n}"`,
  (n: number) => `"x-probe-${n}" in request.headers`,
  (n: number) =>
    `"user-agent" in request.headers && request.headers["user-agent"].contains("Bot/${n} ")`,
  () => 'tables.settings["mode"] == "closed" && client.country != "US"',
  (n: number) => `request.host == "old-${n}.example.org"`,
  (n: number) => `"q" in request.query && request.query["q"].matches("^union${n}.*select")`,
];

function ruleOf(n: number): string {
  const condition = conditions[n % conditions.length] as (n: number) => string;
  return `  - { name: rule-${n}, when: '${condition(n)}', respond: 403 }\n`;
}

/** Features of a service with a route each, beside the one that takes everything. */
export function manyRoutes(): string {
  return Array.from(
    { length: ROUTES },
    (_, n) => `  page-${n}:
    tier: sheddable
    routes: [GET /section-${n % 20}/page-${n}/:id]
    ladder: [closed]
`,
  ).join('');
}

/** What a browser of today says with every request. */
export const browserHeaders: readonly string[] = [
  'sec-ch-ua: "Chromium";v="156", "Not A(Brand";v="24"',
  'sec-ch-ua-mobile: ?0',
  'sec-ch-ua-platform: "Linux"',
  'Upgrade-Insecure-Requests: 1',
  'User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/156.0.0.0 Safari/537.36',
  'Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8',
  'Sec-Fetch-Site: none',
  'Sec-Fetch-Mode: navigate',
  'Sec-Fetch-User: ?1',
  'Sec-Fetch-Dest: document',
  'Accept-Encoding: gzip, deflate, br, zstd',
  'Accept-Language: en-US,en;q=0.9',
];
