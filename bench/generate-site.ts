import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

export interface SiteSize {
  readonly services: number;
  readonly frontends: number;
  readonly features: number;
}

/** The size that a campaign reached: 150 services, 150 frontends, 1,000 features. */
export const fullSize: SiteSize = { services: 150, frontends: 150, features: 1000 };

/** Writes a site of some size: manifests as people write them, and the files that they name. */
export async function generateSite(directory: string, size: SiteSize): Promise<void> {
  const files = [
    { path: 'site.yaml', text: siteManifest(size) },
    ...Array.from({ length: size.frontends }, (_, i) => ({
      path: `frontends/page-${i}/index.html`,
      text: '<!doctype html><title>A page</title>\n',
    })),
    ...Array.from({ length: size.services }, (_, i) => serviceFiles(i, size)).flat(),
  ];
  const folders = new Set(files.map(({ path }) => dirname(join(directory, path))));
  await Promise.all([...folders].map((folder) => mkdir(folder, { recursive: true })));
  await Promise.all(files.map(({ path, text }) => writeFile(join(directory, path), text)));
}

function siteManifest({ frontends }: SiteSize): string {
  const pages = Array.from({ length: frontends }, (_, i) => `  /page-${i}: frontends/page-${i}`);
  return `turnout: 1
site: generated
what: A site as large as a campaign's on its last day.
services: [services/*]
frontends:
${pages.join('\n')}
resources:
  main: { kind: postgres, replicas: 1, durability: sync }
environments:
  production:
    services:
      service-0: { scale: { min: 4, max: 40 } }
`;
}

function serviceFiles(index: number, size: SiteSize): readonly { path: string; text: string }[] {
  const folder = `services/service-${index}`;
  const from = Math.floor((index * size.features) / size.services);
  const to = Math.floor(((index + 1) * size.features) / size.services);
  const features = Array.from({ length: to - from }, (_, i) => feature(index, i));
  // Each needs a feature of the service before it, so that needs form long chains.
  const upstream = index === 0 ? '' : `  before: { feature: service-${index - 1}.feature-0 }\n`;
  return [
    { path: `${folder}/server.ts`, text: 'export {};\n' },
    { path: `${folder}/runbooks/down.md`, text: '# Down\n' },
    { path: `${folder}/fallbacks/list.json`, text: '[]\n' },
    {
      path: `${folder}/service.yaml`,
      text: `turnout: 1
service: service-${index}
what: Does one thing, and is described as a person would describe it.   # catalog
owner: team-${index % 12}
stack: Node.js 26, PostgreSQL 18
find: { repository: "https://git.example/service-${index}", chat: "#service-${index}" }
goes-down:
  - { when: the database is lost, users-see: what was there an hour ago, runbook: down.md }
build: { entry: server.ts }
run: { command: node server.js }
health: { path: /health, every: 2s }
secrets: [API_KEY]
scale: { min: 2, max: 8, target-in-flight: 40, limit-in-flight: 80 }
release: { canary: [5%, 25%, 100%], bake: 60s, min-requests: 500, drain: 20s }
needs:
  db: { postgres: main }
  partner: { http: "https://partner.example", timeout: 2s, in-flight: 32 }
${upstream}features:
${features.join('')}runbooks: runbooks/
`,
    },
  ];
}

function feature(service: number, index: number): string {
  const base = `/api/service-${service}/things-${index}`;
  const needs = index === 0 && service > 0 ? '[db.primary, before]' : '[db.primary, partner]';
  return `  feature-${index}:
    tier: ${['core', 'important', 'sheddable'][index % 3]}
    routes: [GET ${base}, GET ${base}/:id, POST ${base}]
    needs: ${needs}
    limits: { deadline: 3s, body: 64KiB }
    objective: { availability: 99.95%, p99: 300ms }
    once: sdk
    cache: 5s
    ladder:
      db.primary: [queue 24h by body.email, stale 1h, static fallbacks/list.json]
      otherwise: [stale 5m, closed]
`;
}
