import type { RungPolicy } from '../../../derive/policies/policies.ts';
import type { Clock } from '../../../ports/clock/port.ts';
import type { Randomness } from '../../../ports/randomness/port.ts';
import { useWhole } from '../../edge/cache/use-stored.ts';
import type { Answer, Exchange } from '../../exchange.ts';
import type { AnswerFailure } from '../../failure.ts';
import { mediaType } from '../../media-type.ts';
import type { CompiledRoute } from '../route/compile-routes.ts';
import { closedAnswer } from '../closed-answer.ts';
import type { CompiledRung } from './compile-ladder.ts';
import type { LastGoodAnswers } from './last-good-answers.ts';
import type { Snapshots } from './snapshots/snapshot.ts';
import type { PreparedWrite } from '../writes/prepare-write.ts';
import type { QueuedWrites } from '../writes/queued-writes.ts';

/** What rungs answer with. */
export interface RungParts {
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly randomness: Randomness;
  readonly lastGood: LastGoodAnswers;
  readonly snapshots: Snapshots;
  /** Null where nothing can be queued. */
  readonly writes: Pick<QueuedWrites, 'keep'> | null;
  /** Asks the origin of a region; null where it has none. */
  ask(exchange: Exchange, route: CompiledRoute, region: string): Promise<Answer> | Answer | null;
}

/** A request whose feature failed, on its way down the ladder. */
export interface Taking {
  readonly exchange: Exchange;
  readonly route: CompiledRoute;
  readonly failure: AnswerFailure;
  /** What there is to say where no rung answers. */
  readonly answer: Answer;
  /** What was made of a write before it was first tried. */
  readonly prepared: PreparedWrite | null;
}

type Taken = Answer | null | Promise<Answer | null>;

const safe = new Set(['GET', 'HEAD', 'OPTIONS', 'QUERY']);
/** Methods that may be sent twice (RFC 9110, section 9.2.2). */
const repeatable = new Set([...safe, 'PUT', 'DELETE']);

/** What a rung answers to a request; null where it cannot, so that the next one is tried. */
export function takeRung({ policy, file }: CompiledRung, taking: Taking, parts: RungParts): Taken {
  const { exchange, route, prepared } = taking;
  switch (policy.kind) {
    case 'stale':
      return parts.lastGood.find(route.side, exchange, policy.forMs);
    case 'static':
      return fromSnapshot(taking, parts) ?? (file && fromFile(exchange, policy.file, file));
    case 'region':
      return fromRegion(taking, policy.region, parts);
    case 'queue':
      return parts.writes?.keep(exchange, route, policy, prepared, taking.failure) ?? null;
    case 'read-only':
      return refusal('feature-read-only', taking, parts);
    case 'redirect':
      return redirect(taking, policy.url);
    case 'closed':
      return refusal('feature-closed', taking, parts);
  }
}

/** Whether a rung is sure to answer, without being asked: nobody then need wait for a failure. */
export function isSure(
  { policy, file }: CompiledRung,
  exchange: Exchange,
  route: CompiledRoute,
  parts: RungParts,
): boolean {
  switch (policy.kind) {
    case 'stale':
      return parts.lastGood.has(route.side, exchange, policy.forMs);
    case 'static':
      return file !== null || snapshotOf(exchange, route, parts) !== null;
    case 'read-only':
    case 'redirect':
    case 'closed':
      return true;
    case 'region':
    case 'queue':
      return false;
  }
}

function snapshotOf({ request }: Exchange, { feature }: CompiledRoute, parts: RungParts) {
  return request.query === null ? parts.snapshots.find(feature, request.path) : null;
}

/** The newest good answer that the site got by itself; like any kept answer it has its age. */
function fromSnapshot({ exchange, route }: Taking, parts: RungParts): Answer | null {
  const snapshot = snapshotOf(exchange, route, parts);
  if (snapshot === null) return null;
  const ageMs = Math.max(0, parts.clock.nowMs() - snapshot.atMs);
  return {
    ...useWhole(exchange.request, snapshot),
    rung: { name: 'static', ageMs },
    more: ['age', String(Math.floor(ageMs / 1_000)), ...by('static')],
  };
}

/** What the manifest names is no answer of the service, so nobody keeps it in its place. */
function fromFile(exchange: Exchange, name: string, file: Uint8Array): Answer {
  const body = Buffer.from(file.buffer, file.byteOffset, file.byteLength);
  const headers = ['content-type', mediaType(name), 'cache-control', 'no-store'];
  return {
    ...useWhole(exchange.request, { status: 200, headers, body }),
    rung: { name: 'static' },
    more: by('static'),
  };
}

function by(rung: RungPolicy['kind']): readonly string[] {
  return ['cache-status', `turnout; fwd=bypass; detail=${rung}`];
}

/**
 * Another origin is asked only for what may be asked twice, or did not get to the first; what has a
 * body is not sent on, for it has been read.
 */
function fromRegion(taking: Taking, region: string, parts: RungParts): Taken {
  const { exchange, route, failure } = taking;
  const { method, body, upgrade } = exchange.request;
  if (body !== null || upgrade !== null || route.side !== 'public') return null;
  if (failure.reached && !repeatable.has(method)) return null;
  const asked = parts.ask(exchange, route, region);
  if (asked === null) return null;
  const judge = (answer: Answer): Answer | null => {
    const isGood = answer.failure === undefined && answer.problem === undefined;
    if (isGood && answer.status < 500) return { ...answer, rung: { name: 'region' } };
    release(answer);
    return null;
  };
  return asked instanceof Promise ? asked.then(judge) : judge(asked);
}

/** When a client may ask again: between these, drawn for each, so that they do not come at once. */
const SOONEST_S = 5;
const LATEST_S = 15;

const words = {
  'feature-closed': 'This is closed for the moment, and will be back.',
  'feature-read-only': 'This can be read, but not changed, for the moment.',
} as const;

function refusal(
  code: 'feature-closed' | 'feature-read-only',
  taking: Taking,
  parts: RungParts,
): Answer {
  const { exchange, failure } = taking;
  const name = code === 'feature-closed' ? 'closed' : 'read-only';
  const isWrite = !safe.has(exchange.request.method);
  // What is said already is that nobody knows: nothing that a rung says may hide that.
  if (isUnsure(taking)) return { ...taking.answer, rung: { name } };
  const isUntouched = isWrite && !failure.reached;
  const detail = isUntouched ? `${words[code]} What you sent was not taken.` : words[code];
  const waitS = SOONEST_S + parts.randomness.integer(LATEST_S - SOONEST_S + 1);
  return { ...closedAnswer(exchange, code, { detail, waitS }), rung: { name } };
}

function redirect(taking: Taking, url: string): Answer {
  const { exchange } = taking;
  if (isUnsure(taking)) return { ...taking.answer, rung: { name: 'redirect' } };
  // A write is not sent again to where it was not meant for: its sender is shown a page.
  const status = safe.has(exchange.request.method) ? 302 : 303;
  return {
    status,
    headers: ['location', url, 'cache-control', 'no-store'],
    body: null,
    rung: { name: 'redirect' },
  };
}

/**
 * A write that was lost on its way may have taken effect; so may one that its service answers 504,
 * which is how the SDK says that nobody confirmed it.
 */
function isUnsure({ exchange, failure, answer }: Taking): boolean {
  const isSaid = answer.problem !== undefined || answer.status === 504;
  return isSaid && failure.reached && !repeatable.has(exchange.request.method);
}

/** Nobody reads what a rung has taken the place of. */
export function release({ body }: Answer): void {
  if (body !== null && !(body instanceof Uint8Array)) body.destroy();
}
