import type { FrontendRoute } from '../derive/routes/route-table.ts';
import type { CompiledSide } from './compile-configuration.ts';
import type { TraceIds } from './edge/admit/trace-ids.ts';
import type { AutoBan } from './edge/auto-ban/auto-ban.ts';
import type { Bans } from './edge/bans.ts';
import { preflightAnswer } from './edge/cors.ts';
import { redirectToHttps } from './edge/redirect-to-https.ts';
import { RequeriedExchange } from './edge/query/requeried-exchange.ts';
import { applyRules, type RuleParts } from './edge/rules/apply-rules.ts';
import type { Effects } from './edge/rules/judge-request.ts';
import { type Answer, type Exchange, header } from './exchange.ts';
import type { CompiledRoute, Match } from './gateway/route/compile-routes.ts';
import { type FeatureParts, serveFeature } from './gateway/serve-feature.ts';
import { ownAnswer, type OwnAnswerParts } from './own-answers.ts';
import { problemAnswer } from './problems.ts';

/** What the stages work with besides the request. */
export interface PipelineParts extends FeatureParts, OwnAnswerParts {
  /** Where those that come without TLS may be sent; null where they are served as they come. */
  readonly httpsPort: number | null;
  /** The configuration in force for this side; null until there is one. */
  configuration(): CompiledSide | null;
  readonly rules: RuleParts;
  readonly frontends: FrontendServer;
  readonly bans: Pick<Bans, 'check'>;
  readonly autoBan: Pick<AutoBan, 'count'>;
  readonly traceIds: TraceIds;
  report(error: unknown, exchange: Exchange, side: FeatureParts['side']): void;
}

export interface FrontendServer {
  serve(exchange: Exchange, frontend: FrontendRoute): Answer | Promise<Answer>;
}

/** One exchange on its way, under one configuration from beginning to end. */
export interface Passage extends Effects {
  readonly exchange: Exchange;
  readonly configuration: CompiledSide;
  /** Who takes it; set by `route`. */
  match: Match;
  /** When its feature was asked, where the answer was not at hand; null else. */
  askedMs: number | null;
}

type Stage = (passage: Passage, parts: PipelineParts) => Answer | Promise<Answer> | null;

/**
 * The way of a request, from top to bottom: received (edge/receive) and admitted (edge/admit) it is
 * an exchange; the first stage that answers ends it; then the answer is sent (edge/respond).
 */
const stages: readonly Stage[] = [
  bans,
  host,
  toHttps,
  rules,
  own,
  route,
  preflight,
  frontend,
  feature,
  unclaimed,
];

const nothing: Match = { kind: 'nothing' };

/** Before its first stage. */
export function beginPassage(exchange: Exchange, configuration: CompiledSide): Passage {
  return { exchange, configuration, match: nothing, askedMs: null, tags: [], skipsCache: false };
}

/** The answer of the first stage that has one, of those from `from` on. */
export function runStages(
  passage: Passage,
  parts: PipelineParts,
  from = 0,
): Answer | Promise<Answer> {
  try {
    for (let i = from; i < stages.length; i++) {
      const answer = stages[i]?.(passage, parts) ?? null;
      if (answer !== null) return answer;
    }
    throw new Error('no stage has answered');
  } catch (error) {
    return failed(error, passage, parts);
  }
}

/** A defect of ours: the operators get all of it, the client nothing but the id. */
export function failed(error: unknown, { exchange }: Passage, parts: PipelineParts): Answer {
  parts.report(error, exchange, parts.side);
  return problemOf(exchange, 'internal-error', 'The operators have been told.');
}

/** Services of the site are never banned from each other. */
function bans({ exchange }: Passage, parts: PipelineParts): Answer | null {
  return parts.side === 'public' ? parts.bans.check(exchange) : null;
}

function host({ exchange, configuration }: Passage): Answer | null {
  if (configuration.routes.answersFor(exchange.request.host)) return null;
  return problemOf(exchange, 'misdirected-request', 'Check the host name.');
}

function toHttps(
  { exchange, configuration }: Passage,
  { httpsPort }: PipelineParts,
): Answer | null {
  if (httpsPort === null || !configuration.redirectToHttps) return null;
  return redirectToHttps(exchange, httpsPort);
}

/** What edge.yaml says of requests from outside. */
function rules(passage: Passage, parts: PipelineParts): Answer | Promise<Answer> | null {
  const { exchange, configuration } = passage;
  if (configuration.rules === null) return null;
  const outcome = applyRules(configuration.rules, exchange, passage, parts.rules);
  return outcome instanceof Promise ? onceJudged(outcome, passage, parts) : outcome;
}

/** What was held first goes on from there. */
async function onceJudged(
  outcome: Promise<Answer | null>,
  passage: Passage,
  parts: PipelineParts,
): Promise<Answer> {
  return (await outcome) ?? runStages(passage, parts, stages.indexOf(rules) + 1);
}

function own({ exchange }: Passage, parts: PipelineParts): Answer | Promise<Answer> | null {
  return ownAnswer(exchange, parts);
}

function route(passage: Passage): Answer | null {
  const { exchange, configuration } = passage;
  const { host, method, path } = exchange.request;
  // `OPTIONS *` asks about the server as a whole.
  if (path === '*') return { status: 204, headers: [], body: null };
  passage.match = configuration.routes.match(host, method, path);
  return null;
}

/**
 * Answers a preflight for the method it asks about, where a policy is declared; else it is a
 * request like any other.
 */
function preflight(passage: Passage): Answer | null {
  const { exchange, configuration } = passage;
  const { method, host, path, headers } = exchange.request;
  if (method !== 'OPTIONS') return null;
  const origin = header(headers, 'origin');
  const asked = header(headers, 'access-control-request-method');
  if (origin === undefined || asked === undefined) return null;
  const match = configuration.routes.match(host, asked, path);
  if (match.kind !== 'route' || match.route.cors === null) return null;
  passage.match = { kind: 'nothing' };
  return preflightAnswer(match.route.cors, origin);
}

function frontend(
  { exchange, match }: Passage,
  parts: PipelineParts,
): Answer | Promise<Answer> | null {
  return match.kind === 'frontend' ? parts.frontends.serve(exchange, match.frontend) : null;
}

/** What its service offers, as far as it can be had. */
function feature(passage: Passage, parts: PipelineParts): Answer | Promise<Answer> | null {
  const { exchange, match, skipsCache } = passage;
  if (match.kind !== 'route') return null;
  const { route } = match;
  const answer = serveFeature(withCountedQuery(exchange, route), route, skipsCache, parts);
  if (answer instanceof Promise) {
    passage.askedMs = parts.clock.monotonicMs();
    route.standing.inFlight++;
  }
  return answer;
}

/** As the cache and the service see it: without what does not count of its query. */
function withCountedQuery(exchange: Exchange, { query: counted }: CompiledRoute): Exchange {
  if (counted === null) return exchange;
  const query = counted(exchange.request.query);
  return query === exchange.request.query ? exchange : new RequeriedExchange(exchange, query);
}

/** For what no route takes. */
function unclaimed({ exchange, match }: Passage): Answer {
  if (match.kind !== 'other-method') {
    return problemOf(exchange, 'no-such-page', 'Check the address.');
  }
  const allow = match.allow.join(', ');
  return problemOf(exchange, 'method-not-allowed', `Use ${allow}.`, ['allow', allow]);
}

function problemOf(
  exchange: Exchange,
  code: Parameters<typeof problemAnswer>[0],
  detail: string,
  headers: readonly string[] = [],
): Answer {
  return problemAnswer(code, { detail, requestId: exchange.id, headers });
}
