/**
 * Every code a manifest can be refused or warned with: what it means and how one gets out of it.
 */
export interface CodeExplanation {
  readonly severity: 'error' | 'warning';
  readonly explanation: string;
}

const error = (explanation: string): CodeExplanation => ({ severity: 'error', explanation });
const warning = (explanation: string): CodeExplanation => ({ severity: 'warning', explanation });

/**
 * `check` prints the code, docs/reference/errors.md the explanation; a test keeps the two equal.
 */
export const codes = {
  'yaml-syntax': error('The file is not YAML 1.2. Nothing in it is used until it is.'),
  'yaml-duplicate-key': error(
    'A key stands twice in one map. YAML leaves open which one counts, so neither does.',
  ),
  'yaml-refused': error(
    'The file uses a part of YAML that manifests do without: tags, merge keys (`<<`), keys that are not text, or several documents in one file. Anchors and aliases are fine.',
  ),
  'yaml-too-deep': error(
    'Aliases or nesting make the file larger than a manifest may be (100,000 values, 64 levels).',
  ),
  'file-missing': error('A file or folder that a manifest names is not there.'),
  'file-too-large': error('A manifest is larger than 1 MiB, or a file of a table than 64 MiB.'),
  'file-outside-site': error(
    'A path leads out of the site directory, by `..`, as an absolute path or through a symbolic link. A release must hold all it needs.',
  ),
  'file-unreadable': error('The operating system refuses to read a file.'),
  'unknown-key': error('A key that this part of the manifest does not have.'),
  'missing-key': error('A key without which this part of the manifest means nothing.'),
  'wrong-shape': error('A list where keys belong, text where a list belongs, and the like.'),
  'invalid-value': error('A value of the right shape that says nothing Turnout understands.'),
  'conflicting-keys': error('Keys that exclude each other, or one that only goes with another.'),
  'range-inverted': error('The smaller bound is above the larger one.'),
  'canary-incomplete': error('Canary steps must rise and end at 100%.'),
  'cron-invalid': error('A cron line that cannot be read, or that names no day there is.'),
  'unknown-environment': error('No `environments:` entry has the name that was asked for.'),
  'unknown-service': error('A service name that no service.yaml of the site has.'),
  'duplicate-service': error('Two manifests describe a service of one name.'),
  'duplicate-frontend': error('Two frontends have one name; give one a `name:` of its own.'),
  'blob-stores-wrong': error(
    'Blobs lie in one store, or in two of different regions, the first in the state folder.',
  ),
  'unknown-need': error('A feature or ladder names a need that the service does not declare.'),
  'proxied-url': error(
    'The URL of a need with a proxy is none, or has a query or a fragment. ' +
      'Calls are sent below its path, and keys go into headers.',
  ),
  'unknown-role': error('Only PostgreSQL has roles (`primary`, `replica`); other needs have none.'),
  'unknown-resource': error('A need names a resource that site.yaml does not have.'),
  'unknown-feature': error('A need names a feature that no service of the site has.'),
  'need-cycle': warning(
    'Features need each other in a circle: when one is down none of them can come back first.',
  ),
  'route-conflict': error('Two features claim one route; requests can go to one of them only.'),
  'route-ambiguous': error(
    'Two features claim one route under host names that overlap (`*.example.org` and one below it), so neither is the more specific.',
  ),
  'routes-cross': warning(
    'Two routes match some paths in common, and each is the more literal at some segment. ' +
      'The one that is literal where they first differ wins.',
  ),
  'frontend-unreachable': error(
    'Where a route and a frontend have equally many literal segments the route wins, ' +
      'and this one takes every path of the frontend, or its start page.',
  ),
  'route-shadowed': warning(
    'Some paths that a route matches lie inside a frontend that is more literal and takes them.',
  ),
  'route-takes-files': warning(
    'A route has a parameter where a frontend under the same prefix has its files; the route wins.',
  ),
  'rung-impossible': error(
    'A rung that the methods or the cache setting of its feature make impossible.',
  ),
  'rung-unreachable': warning('A rung behind one that always answers is never reached.'),
  'unknown-region': error('A rung names a region that site.yaml does not list.'),
  'core-without-ladder': warning(
    'A core feature without a ladder has no plan for the day a need fails: it shows an error page.',
  ),
  'queue-without-once': warning(
    'Without `once: sdk` a write whose outcome is unknown cannot be queued; it is answered 504 instead.',
  ),
  'queue-without-replay': warning(
    'What waited is sent without its cookies and tokens: somebody must say that this will do.',
  ),
  'replay-expires': error(
    'A cookie or token would have expired by the time of the replay, and is never kept.',
  ),
  'goes-down-missing': warning(
    'Ladders say how the service degrades but `goes-down` tells people nothing, or the other way round.',
  ),
  'runbook-missing': warning('A way of going down for which no runbook is named.'),
  'https-without-certificates': error(
    'A listener with TLS, and no certificate that it could show.',
  ),
  'certificate-unusable': error(
    'A certificate or key on this machine that is missing, unreadable, broken, or not of the other. Only `turnout check` says so: a site that is up keeps the last good pair and reports what it refused.',
  ),
  'certificate-uncovered': warning('A host that the certificate shown for it does not name.'),
  'certificate-expired': warning(
    'A certificate that has expired, is not valid yet, or expires within three weeks.',
  ),
  'condition-invalid': error('A CEL condition that does not parse or has the wrong type.'),
  'no-address-database': warning(
    'A condition asks where a client is, and edge.yaml names no database that tells: it sees an ' +
      'empty country, or network 0.',
  ),
  'unknown-table': error('A condition names a table that edge.yaml does not have.'),
  'table-line-invalid': error(
    'A line of the file of a table is no entry of its kind. Left out, it would let somebody in ' +
      'whom nobody looks for.',
  ),
  'table-too-long': error('The file of a table has more entries than a table may hold.'),
  'duplicate-rule': error('Two edge rules or tables of one name.'),
  'flag-invalid': error(
    'A flag that flagd would refuse. One bad flag would make it reject the whole file.',
  ),
  'switch-disabled': warning(
    'A switch that is DISABLED has the default of whoever asks, which is on: it closes nothing.',
  ),
  'unknown-switch': warning(
    'A flag named like a feature’s switch (`service.feature`), but the site has no such feature.',
  ),
} as const satisfies Record<string, CodeExplanation>;

export type ProblemCode = keyof typeof codes;
