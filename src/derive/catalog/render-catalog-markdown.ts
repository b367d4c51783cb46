import { list } from './in-words.ts';
import type {
  Catalog,
  CatalogFailure,
  CatalogFeature,
  CatalogNeed,
  CatalogService,
  DependencyGraph,
  GraphNode,
} from './catalog.ts';

/**
 * The whole catalog as one Markdown document: who needs whom, then a section a service. Ends with a
 * line break.
 */
export function renderCatalogMarkdown(catalog: Catalog): string {
  return document([
    ...opening(catalog),
    ...catalog.services.flatMap((service) => servicePage(service, '##', `#`)),
  ]);
}

/** The catalog as files, for a wiki or a repository: `index.md` and one file a service. */
export function renderCatalogFiles(catalog: Catalog): ReadonlyMap<string, string> {
  const links = catalog.services.map(
    ({ service, what }) => `- [${escape(service)}](${service}.md): ${escape(what)}`,
  );
  return new Map([
    ['index.md', document([...opening(catalog), '## Services', links.join('\n')])],
    ...catalog.services.map((service): [string, string] => [
      `${service.service}.md`,
      document(servicePage(service, '#', '')),
    ]),
  ]);
}

function document(blocks: readonly string[]): string {
  return `${blocks.filter((block) => block !== '').join('\n\n')}\n`;
}

function opening(catalog: Catalog): readonly string[] {
  return [
    `# ${escape(catalog.site)}`,
    escape(catalog.what),
    '## Who needs whom',
    mermaid(catalog.graph),
    catalog.resources.length === 0 ? '' : '## Resources',
    catalog.resources
      .map(
        ({ name, inWords, neededBy }) => `- ${code(name)}: ${escape(inWords)}${usedBy(neededBy)}`,
      )
      .join('\n'),
    catalog.frontends.length === 0 ? '' : '## Frontends',
    catalog.frontends
      .map(({ frontend, prefix, hosts }) => {
        const where = hosts.length === 0 ? '' : ` on ${list(hosts.map(code))}`;
        return `- ${code(frontend)} at ${code(prefix)}${where}`;
      })
      .join('\n'),
  ];
}

function usedBy(services: readonly string[]): string {
  return services.length === 0 ? ' Nobody needs it.' : ` Needed by ${list(services.map(code))}.`;
}

/** `anchors` is what stands before a service's name in a link to it: `#` within one document. */
function servicePage(service: CatalogService, level: string, anchors: '#' | ''): readonly string[] {
  const link = (name: string): string =>
    `[${escape(name)}](${anchors === '' ? `${name}.md` : `#${name}`})`;
  const owner = service.owner === null ? '' : ` Owned by **${escape(service.owner)}**.`;
  const stack = service.stack === null ? '' : `${escape(service.stack)}. `;
  return [
    `${level} ${escape(service.service)}`,
    `${level}# What is it?`,
    `${escape(service.what)}${owner}`,
    `${level}# What is its stack, and how is it deployed?`,
    `${stack}${service.deployed.map(escape).join(' ')}`,
    `${level}# How do I find it?`,
    findList(service),
    `${level}# How does it go down?`,
    goesDownList(service.goesDown),
    `${level}# Features`,
    ...service.features.flatMap((feature) => featureBlock(feature, level)),
    service.needs.length === 0 ? '' : `${level}# What it needs`,
    service.needs.map((need) => needLine(need, link)).join('\n'),
    service.neededBy.length === 0 ? '' : `${level}# Who needs it`,
    service.neededBy
      .map(({ who, service, needs }) => `- ${code(who)} of ${link(service)} needs ${code(needs)}`)
      .join('\n'),
  ];
}

function findList(service: CatalogService): string {
  if (service.find.length === 0) return 'Its manifest does not say.';
  return service.find
    .map(
      ({ label, value, url }) => `- ${escape(label)}: ${url === null ? escape(value) : `<${url}>`}`,
    )
    .join('\n');
}

function goesDownList(failures: readonly CatalogFailure[]): string {
  if (failures.length === 0) return 'Its manifest does not say.';
  return failures
    .map(({ when, usersSee, runbook }) => {
      const steps = runbook === null ? '' : ` Runbook: ${code(runbook.path)}.`;
      return `- When **${escape(when)}**, users see ${escape(usersSee)}.${steps}`;
    })
    .join('\n');
}

function featureBlock(feature: CatalogFeature, level: string): readonly string[] {
  const inside = feature.internal ? ', internal' : '';
  return [
    `${level}## ${escape(feature.name)} (${feature.tier}${inside})`,
    [
      `- Routes: ${list(feature.routes.map(code))}`,
      feature.needs.length === 0 ? '- Needs nothing' : `- Needs: ${list(feature.needs.map(code))}`,
      `- ${feature.promises.map(escape).join(' ')}`,
      ...(feature.ladder.length === 0
        ? ['- No ladder: when a need is lost, users see an error']
        : []),
      ...feature.ladder.flatMap(({ when, rungs }) => [
        `- ${sentence(escape(when))}, users get:`,
        ...rungs.map((rung, i) => `  ${i + 1}. ${escape(rung)}`),
      ]),
    ].join('\n'),
  ];
}

function needLine(need: CatalogNeed, link: (name: string) => string): string {
  const users = list(need.features.map(({ feature }) => code(feature)));
  const by = users === '' ? ' (named by no feature)' : `, for ${users}`;
  const owner = need.service === null ? '' : ` of ${link(need.service)}`;
  return `- ${code(need.need)}: ${escape(need.inWords)}${owner}${by}`;
}

const shapes: Readonly<Record<GraphNode['kind'], readonly [string, string]>> = {
  service: ['[', ']'],
  postgres: ['[(', ')]'],
  http: ['{{', '}}'],
};

/**
 * The graph as Mermaid draws it; thick arrows carry core features. Ids are numbers, so that any
 * name is safe.
 */
function mermaid(graph: DependencyGraph): string {
  const ids = new Map(graph.nodes.map((node, i) => [node.id, `n${i}`]));
  const nodes = graph.nodes.map(({ id, kind, label }) => {
    const [open, close] = shapes[kind];
    return `  ${ids.get(id)}${open}"${label.replaceAll('"', '#quot;')}"${close}`;
  });
  const edges = graph.edges.map(
    ({ from, to, core }) => `  ${ids.get(from)} ${core ? '==>' : '-->'} ${ids.get(to)}`,
  );
  return ['```mermaid', 'flowchart LR', ...nodes, ...edges, '```'].join('\n');
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** Text as Markdown that shows just that text, on one line. */
function escape(text: string): string {
  return text
    .replaceAll(/\s+/g, ' ')
    .trim()
    .replaceAll(/[\\`*[\]<>#|~&]|\b_|_\b/g, String.raw`\$&`);
}

/** A code span, fenced with more backticks than it holds. */
function code(text: string): string {
  const longest = Math.max(0, ...Array.from(text.matchAll(/`+/g), ([run]) => run.length));
  if (longest === 0) return `\`${text}\``;
  const fence = '`'.repeat(longest + 1);
  return `${fence} ${text} ${fence}`;
}
