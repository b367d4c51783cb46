import { BANS_TABLE } from '../../contract/tables.ts';
import type { ConditionProblem, ParsedCondition } from '../../lib/conditions/parse-condition.ts';
import { nearestName } from '../../lib/nearest-name.ts';
import { locate, type Located, type Manifest } from '../manifests.ts';
import type { EdgeManifest } from '../schema/edge.ts';
import { cidr } from '../schema/notations.ts';
import type { Spot } from '../problems/problem.ts';
import type { CheckedSite } from './check.ts';
import { conditionTables } from './condition-tables.ts';
import { checkDatabases } from './edge-databases.ts';
import { checkExamples } from './edge-examples.ts';
import { checkTableFiles } from './table-files.ts';

/** Conditions parse and have the right type, tables hold what their kind says, names are unique. */
export async function checkEdge(site: CheckedSite): Promise<void> {
  const { edge } = site.manifests;
  if (edge === null || !edge.usable) return;
  checkTables(site, edge);
  await checkTableFiles(site, edge);
  checkNames(site, edge);
  checkRedirects(site, edge);
  checkExamples(site, edge);
  if (edge.value.rules.length === 0) return;
  // CEL is loaded where there are conditions only: it costs as much as reading ten services.
  const [{ edgeLanguage }, { parseCondition }] = await Promise.all([
    import('../../lib/edge-language.ts'),
    import('../../lib/conditions/parse-condition.ts'),
  ]);
  const language = edgeLanguage(conditionTables(edge.value));
  const parse: Parse = (source, wanted) => parseCondition(language, source, wanted);
  for (const [index, rule] of edge.value.rules.entries()) {
    checkCondition(site, edge, parse, locate(edge, 'rules', index, 'when'), 'bool');
    if (rule['rate-limit'] === null) continue;
    const key = locate(edge, 'rules', index, 'rate-limit', 'key');
    if (key.written) checkCondition(site, edge, parse, key, 'string');
  }
}

type Parse = (source: string, wanted: 'bool' | 'string') => ParsedCondition;

function checkCondition(
  site: CheckedSite,
  edge: Manifest<EdgeManifest>,
  parse: Parse,
  at: Located,
  wanted: 'bool' | 'string',
): void {
  const { problems } = site;
  if (problems.isWrong(at.path) || at.node.kind !== 'scalar') return;
  const source = at.node.text;
  const parsed = parse(source, wanted);
  if (parsed.ok) {
    checkDatabases(site, edge, at, parsed.expression);
    return;
  }
  const { message, remedy, range } = parsed.problem;
  const tables = conditionTables(edge.value).map(({ name }) => name);
  const table = source.slice(0, range?.start).endsWith('tables.') ? wordAt(source, range) : null;
  problems.add({
    code: table === null ? 'condition-invalid' : 'unknown-table',
    spot: range === null ? at.node : within(at, range),
    path: at.path,
    message:
      table === null
        ? `${message}${suggestName(wordAt(source, range), tables)}`
        : `There is no table “${table}”.${suggest(table, tables)}`,
    expected: `a CEL expression that gives ${wanted === 'bool' ? 'true or false' : 'text'}`,
    remedy:
      remedy ??
      'Conditions see request (method, host, path, query, headers, cookies, body_bytes), ' +
        'client (address, country, as_number, as_name, trusted_hop) and tables.',
  });
}

/** The part of the condition that is meant, where the YAML shows it letter by letter. */
function within({ node }: Located, { start, end }: { start: number; end: number }): Spot {
  const written = node.source.text.slice(node.start, node.end);
  const text = node.kind === 'scalar' ? node.text : '';
  const offset = written.indexOf(text);
  if (offset === -1 || text.includes('\n')) return node;
  return {
    source: node.source,
    start: node.start + offset + start,
    end: node.start + offset + Math.max(end, start + 1),
  };
}

function wordAt(source: string, range: ConditionProblem['range']): string {
  return range === null ? '' : source.slice(range.start, range.end);
}

const visible = ['request', 'client', 'tables', 'address', 'country', 'as_number', 'as_name'];
const visibleOfRequest = ['method', 'host', 'path', 'query', 'headers', 'cookies', 'body_bytes'];

function suggestName(word: string, tables: readonly string[]): string {
  if (!/^\w+$/.test(word)) return '';
  const known = [...visible, ...visibleOfRequest, 'trusted_hop', ...tables];
  return known.includes(word) ? '' : suggest(word, known);
}

function suggest(word: string, names: readonly string[]): string {
  const near = nearestName(word, names);
  return near === null ? '' : ` Did you mean “${near}”?`;
}

function checkNames({ problems }: CheckedSite, edge: Manifest<EdgeManifest>): void {
  const first = new Map<string, number>();
  for (const [index, { name }] of edge.value.rules.entries()) {
    const earlier = first.get(name);
    if (earlier === undefined) first.set(name, index);
    else if (name !== '') {
      const { node, path } = locate(edge, 'rules', index, 'name');
      problems.add({
        code: 'duplicate-rule',
        spot: node,
        path,
        message: `Two rules are called “${name}”.`,
        remedy: 'Counters and switches go by name: give one of them another.',
        also: [{ what: 'the other one', spot: locate(edge, 'rules', earlier, 'name').node }],
      });
    }
  }
}

function checkRedirects({ problems }: CheckedSite, edge: Manifest<EdgeManifest>): void {
  for (const [index, { redirect }] of edge.value.rules.entries()) {
    if (redirect === null || [301, 302, 303, 307, 308].includes(redirect.status)) continue;
    const { node, path } = locate(edge, 'rules', index, 'redirect', 'status');
    if (problems.isWrong(path)) continue;
    problems.add({
      code: 'invalid-value',
      spot: node,
      path,
      message: `${redirect.status} is no status by which a client goes elsewhere.`,
      expected: '301, 302, 303, 307 or 308',
      remedy: 'Use 302 for now, 301 for good, 307 and 308 to keep the method.',
    });
  }
}

function checkTables({ problems }: CheckedSite, edge: Manifest<EdgeManifest>): void {
  for (const [name, { kind, entries }] of edge.value.tables) {
    if (problems.isWrong(locate(edge, 'tables', name).path)) continue;
    if (name === BANS_TABLE && kind !== 'cidr') {
      const { node, path } = locate(edge, 'tables', name, 'kind');
      problems.add({
        code: 'invalid-value',
        spot: node,
        path,
        message: `The table ${name} holds who is banned, and cannot be a \`${kind}\`.`,
        expected: '`cidr`',
        remedy: 'Write `kind: cidr`, or give the table another name.',
      });
      continue;
    }
    for (const [index, { key, value }] of entries.entries()) {
      const wrongKey = kind === 'cidr' && !cidr.parse(key).ok;
      const wrongValue = (kind === 'map') !== (value !== null);
      if (!wrongKey && !wrongValue) continue;
      const { node, path } = locate(edge, 'tables', name, 'entries', index);
      problems.add({
        code: 'invalid-value',
        spot: node,
        path,
        message: wrongKey
          ? `“${key}” is no address or network.`
          : kind === 'map'
            ? `An entry of the map ${name} has no \`value\`.`
            : `Only a \`map\` has values, and ${name} is a \`${kind}\`.`,
        expected: wrongKey ? cidr.expected : `an entry of a ${kind}`,
        remedy: wrongKey ? 'Correct the entry.' : 'Change the entry, or the `kind` of the table.',
      });
    }
  }
}
