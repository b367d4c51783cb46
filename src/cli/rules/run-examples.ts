import { BANS_TABLE } from '../../contract/tables.ts';
import type { EdgeConfiguration, TableDefinition } from '../../derive/edge/edge-configuration.ts';
import { locate } from '../../manifest/manifests.ts';
import type { EdgeManifest } from '../../manifest/schema/edge.ts';
import { placeOf } from '../../manifest/source/source-file.ts';
import type { EdgeOfSite } from './edge-of-site.ts';
import { type GivenRequest, type Trial, type TrialAnswer, tryRequest } from './try-request.ts';

type FileExample = EdgeManifest['examples'][number];
type RuleExample = EdgeManifest['rules'][number]['examples'][number];
type Given = Omit<FileExample, 'rules'>;

export interface ExampleResult {
  /** `edge.yaml:12`. */
  readonly place: string;
  /** The rule it is written beside; null for one of the file. */
  readonly rule: string | null;
  readonly request: string;
  readonly ok: boolean;
  /** What is not as it is said, each in a sentence; empty when all is. */
  readonly wrong: readonly string[];
}

/** Tries every example of an edge.yaml, in the order they are written. */
export function runExamples({ edge, files, manifest }: EdgeOfSite): readonly ExampleResult[] {
  if (manifest === null) return [];
  const { rules, examples } = manifest.value;
  const run = (
    keys: readonly (string | number)[],
    rule: string | null,
    example: Given,
    judge: (trial: Trial) => readonly string[],
  ): ExampleResult => {
    const { node } = locate(manifest, ...keys);
    const { file, line } = placeOf(node.source, node.start);
    const trial = tryRequest(withTables(edge, example), files, givenRequest(example));
    const wrong = [...judge(trial), ...judgeOutcome(trial, example)];
    const ok = wrong.length === 0;
    return { place: `${file}:${line}`, rule, request: example.request, ok, wrong };
  };
  return [
    ...rules.flatMap(({ name, examples: own }, index) =>
      own.map((example, at) =>
        run(['rules', index, 'examples', at], name, example, (trial) =>
          judgeHit(trial, name, example),
        ),
      ),
    ),
    ...examples.map((example, at) =>
      run(['examples', at], null, example, (trial) => judgeRules(trial, example)),
    ),
  ];
}

function judgeHit(trial: Trial, name: string, { hits }: RuleExample): readonly string[] {
  const hit = trial.hits.some(({ rule }) => rule.name === name);
  if (hit === hits) return [];
  if (trial.answer?.by === 'bans') {
    return [`${name} is not reached, since ${describeAnswer(trial.answer)} before any rule`];
  }
  return [
    `${name} ${hit ? 'hits' : 'does not hit'}; the rules that hit are ${listed(namesOf(trial))}`,
  ];
}

function judgeRules(trial: Trial, { rules }: FileExample): readonly string[] {
  const names = namesOf(trial);
  if (rules === null || rules.join() === names.join()) return [];
  return [`the rules that hit are ${listed(names)}, not ${listed(rules)}`];
}

function judgeOutcome(trial: Trial, { answer, passes, tags }: Given): readonly string[] {
  const wrong: string[] = [];
  const { answer: given } = trial;
  const got = given === null ? 'it goes on to the site' : describeAnswer(given);
  if (answer !== null && !sameMembers(answer, given?.statuses ?? [])) {
    wrong.push(`${got}, where the answer is said to be ${answer.join(' or ')}`);
  }
  if (passes !== null && passes !== (given === null)) {
    wrong.push(`${got}, where it is said ${passes ? '' : 'not '}to pass`);
  }
  if (tags !== null && !sameMembers(tags, trial.tags)) {
    wrong.push(`its tags are ${listed(trial.tags)}, not ${listed(tags)}`);
  }
  return wrong;
}

/** Such as `wall answers 819`. */
export function describeAnswer({ by, rule, network, statuses }: TrialAnswer): string {
  const who = by === 'bans' ? `the ban of ${network}` : rule;
  return `${who} answers ${statuses.join(' or ')}`;
}

function namesOf({ hits }: Trial): readonly string[] {
  return hits.map(({ rule }) => rule.name);
}

function listed(names: readonly string[]): string {
  return names.length === 0 ? 'none' : names.join(', ');
}

function sameMembers<T>(left: readonly T[], right: readonly T[]): boolean {
  return left.length === right.length && left.every((one) => right.includes(one));
}

function givenRequest(example: Given): GivenRequest {
  const [method = '', target = ''] = example.request.split(' ');
  return {
    method,
    target,
    host: example.host,
    headers: [...example.headers],
    bodyBytes: example['body-bytes'],
    address: example.address,
    country: example.country,
    asNumber: example['as-number'],
    asName: example['as-name'],
    isThroughTrustedHop: example['trusted-hop'],
    nowMs: example.at === null ? Date.now() : Date.parse(example.at),
    times: example.times,
    live: [],
  };
}

/** The edge with what the example says its tables hold. */
function withTables(edge: EdgeConfiguration, { tables }: Given): EdgeConfiguration {
  if (tables.size === 0) return edge;
  const isDeclared = edge.tables.some(({ name }) => name === BANS_TABLE);
  const bans = { name: BANS_TABLE, kind: 'cidr' as const, entries: [], file: null };
  const all = isDeclared ? edge.tables : [...edge.tables, bans];
  return { ...edge, tables: all.map((table) => tableHolding(table, tables.get(table.name))) };
}

function tableHolding(
  table: TableDefinition,
  given: readonly { readonly key: string; readonly value: string | null }[] | undefined,
): TableDefinition {
  if (given === undefined) return table;
  const { name, kind } = table;
  const unsigned = { why: null, author: null, expiresMs: null };
  const entries = given.map(({ key, value }) => Object.assign({ key, value }, unsigned));
  return { name, kind, entries, file: null };
}
