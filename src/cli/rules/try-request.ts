import { Readable } from 'node:stream';
import type { LiveTableEntry } from '../../contract/tables.ts';
import { holdersOf } from '../../controller/tables/check-change.ts';
import { systemRandomness } from '../../adapters/system/randomness.ts';
import { readAddress } from '../../data-plane/edge/admit/client-address.ts';
import { admit, type Admitted } from '../../data-plane/edge/admit/admit.ts';
import { readHead } from '../../data-plane/edge/admit/read-head.ts';
import { createTraceIds } from '../../data-plane/edge/admit/trace-ids.ts';
import { Bans } from '../../data-plane/edge/bans.ts';
import { compileRules, type CompiledRule } from '../../data-plane/edge/rules/compile-rules.ts';
import type { Geography } from '../../data-plane/edge/rules/geography.ts';
import { type Effects, judgeRequest } from '../../data-plane/edge/rules/judge-request.ts';
import { RequestFacts } from '../../data-plane/edge/rules/request-facts.ts';
import { RuleMemory } from '../../data-plane/edge/rules/rule-memory.ts';
import { type FixedTables, fixedTables } from '../../data-plane/edge/tables/fixed-tables.ts';
import type { TableViews } from '../../data-plane/edge/tables/table-views.ts';
import type { EdgeConfiguration } from '../../derive/edge/edge-configuration.ts';
import type { RequestView } from '../../lib/conditions/request-view.ts';
import { TurnoutError } from '../../lib/errors.ts';

/** A request that is tried without any site. */
export interface GivenRequest {
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  readonly host: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly bodyBytes: number;
  readonly address: string;
  /** Null for what the database tells. */
  readonly country: string | null;
  readonly asNumber: number | null;
  readonly asName: string | null;
  readonly isThroughTrustedHop: boolean;
  readonly nowMs: number;
  readonly times: number;
  /** Entries of tables over what edge.yaml and its files say. */
  readonly live: readonly LiveTableEntry[];
}

export interface TrialAnswer {
  readonly by: 'bans' | 'rule';
  /** Null where a ban answers. */
  readonly rule: string | null;
  /** The narrowest banned network that holds the client; null where a rule answers. */
  readonly network: string | null;
  /** All that may be drawn, where chance decides. */
  readonly statuses: readonly number[];
}

/** What the bans and then the rules make of it, and all that explains it. */
export interface Trial {
  readonly rules: readonly CompiledRule[];
  readonly view: RequestView;
  readonly tables: TableViews;
  /** The rules that hit, in order. */
  readonly hits: readonly CompiledRule[];
  /** Null where the request goes on. */
  readonly answer: TrialAnswer | null;
  readonly tags: readonly string[];
  readonly skipsCache: boolean;
  readonly heldMs: number;
}

/**
 * Puts a request through the very code that serves, without a worker, and in the order of its
 * stages: who is banned meets no rule.
 */
export function tryRequest(
  edge: EdgeConfiguration,
  files: ReadonlyMap<string, Uint8Array>,
  given: GivenRequest,
): Trial {
  const tables = fixedTables(edge, files, given.nowMs, given.live);
  const compiled = compileRules(edge, { files, tables, memory: new RuleMemory() });
  const received = admitted(given);
  const geography = withGiven(compiled?.geography ?? nowhere, given);
  const view = new RequestFacts(received.request, geography);
  const rules = compiled?.rules ?? [];
  const untried = { rules, view, tables, hits: [], tags: [], skipsCache: false, heldMs: 0 };
  const banned = bansOf(edge, files, tables).check(received);
  if (banned !== null) {
    const holders = holdersOf('cidr', received.request.client.address);
    const network = holders.find((holder) => tables.hasBan(holder)) ?? null;
    return { ...untried, answer: { by: 'bans', rule: null, network, statuses: [banned.status] } };
  }
  let trial: Trial = { ...untried, answer: null };
  if (compiled === null) return trial;
  const { method, host, path, memo } = received.request;
  const candidates = compiled.index.candidates(method, host, path).of(view, memo);
  for (let n = 0; n < given.times; n++) {
    trial = { ...untried, ...tryOnce(candidates, view, given.nowMs) };
  }
  return trial;
}

function bansOf(
  edge: EdgeConfiguration,
  files: ReadonlyMap<string, Uint8Array>,
  tables: FixedTables,
): Bans {
  const bans = new Bans(tables);
  const textOf = (file: string): string => Buffer.from(files.get(file) ?? []).toString('utf8');
  bans.prepare(edge.bans, textOf)();
  return bans;
}

type Once = Pick<Trial, 'hits' | 'answer' | 'heldMs' | keyof Effects>;

function tryOnce(candidates: readonly CompiledRule[], view: RequestView, nowMs: number): Once {
  const world = { nowMs: () => nowMs, monotonicMs: () => 0, randomness: systemRandomness };
  const hits: CompiledRule[] = [];
  const effects: Effects = { tags: [], skipsCache: false };
  const judged = { view, effects, request: 'trial' };
  let heldMs = 0;
  let from: number | null = 0;
  let answer: Trial['answer'] = null;
  while (from !== null) {
    const verdict = judgeRequest(candidates, from, judged, world, (rule) => void hits.push(rule));
    from = verdict.kind === 'hold' ? candidates.indexOf(verdict.rule) + 1 : null;
    if (verdict.kind === 'hold' || verdict.kind === 'late-answer') heldMs += verdict.delayMs;
    if (verdict.kind === 'answer' || verdict.kind === 'late-answer') {
      const { rule } = verdict.rule;
      const statuses =
        rule.action.kind === 'deceive'
          ? [...new Set(rule.action.replies.map(({ status }) => status))]
          : [verdict.answer.status];
      answer = { by: 'rule', rule: rule.name, network: null, statuses };
    }
  }
  return { hits, answer, heldMs, ...effects };
}

const unknownNetwork = { number: 0n, name: '' };
const nowhere: Geography = { country: () => '', network: () => unknownNetwork };

function withGiven(geography: Geography, { country, asNumber, asName }: GivenRequest): Geography {
  return {
    country: (address) => country ?? geography.country(address),
    network(address) {
      const { number, name } = geography.network(address);
      return { number: asNumber === null ? number : BigInt(asNumber), name: asName ?? name };
    },
  };
}

const hop = '127.0.0.1';

function admitted(given: GivenRequest): Admitted {
  const { method, target, host, headers, bodyBytes, address, isThroughTrustedHop } = given;
  const flat = headers.flat();
  flat.push('host', host);
  if (bodyBytes > 0) flat.push('content-length', String(bodyBytes));
  if (isThroughTrustedHop) flat.push('x-forwarded-for', address);
  const peer = isThroughTrustedHop ? hop : address;
  const outcome = admit(
    {
      method,
      target,
      version: '1.1',
      head: readHead(flat),
      scheme: null,
      endsWithHead: null,
      mayUpgrade: true,
      peer: { address: peer, ip: readAddress(peer), scheme: 'http', known: null },
      body: (lengthBytes) => ({ lengthBytes, stream: Readable.from([]), trailers: () => [] }),
    },
    (asked) => isThroughTrustedHop && asked === hop,
    createTraceIds(systemRandomness),
  );
  if (!('problem' in outcome)) return outcome;
  throw new TurnoutError(
    'request-refused',
    `No rule sees this request, since the edge refuses it: ${outcome.detail}`,
    'Write a request that is well formed.',
  );
}
