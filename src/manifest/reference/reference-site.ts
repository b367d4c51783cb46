import { memoryReader } from '../memory-reader.ts';
import type { Reader } from '../reader.ts';
import { annotatedManifest } from './annotated.ts';

/**
 * The annotated manifests as one site, with the files they name: what tests load, mutate and
 * compare.
 */
export function referenceSite(changes: Readonly<Record<string, string>> = {}): Reader {
  return memoryReader({ ...referenceSiteFiles(), ...changes });
}

export function referenceSiteFiles(): Readonly<Record<string, string>> {
  const service = 'services/donations';
  const ofService = [
    'server.ts',
    'migrate.ts',
    'receipts.ts',
    'emails/receipt.txt',
    'runbooks/processor.md',
    'fallbacks/total.json',
  ];
  const named = [
    'frontends/home/index.html',
    'frontends/donate/index.html',
    'frontends/donate/404.html',
    'tables/wall.txt',
    'pages/bad-taco.html',
    'geo/country.mmdb',
    'geo/asn.mmdb',
    ...ofService.map((file) => `${service}/${file}`),
  ];
  return {
    ...Object.fromEntries(named.map((file) => [file, ''])),
    'site.yaml': annotatedManifest('site'),
    'edge.yaml': annotatedManifest('edge'),
    'flags.yaml': annotatedManifest('flags'),
    [`${service}/service.yaml`]: annotatedManifest('service'),
    'services/identity/service.yaml': [
      'turnout: 1',
      'service: identity',
      'what: Knows who people are.',
      'at: http://127.0.0.1:9000',
      'features: { sign-in: { tier: important, routes: POST /api/sign-in } }',
    ].join('\n'),
  };
}
