import { Readable } from 'node:stream';
import { plainRequest } from '../../../bench/plain-request.ts';
import { type Answer, type Exchange, header } from '../../../src/data-plane/exchange.ts';
import { serveFeature } from '../../../src/data-plane/gateway/serve-feature.ts';
import { SimulatedClient } from './simulated-client.ts';
import type { WholeGateway } from './whole-gateway.ts';
import { page } from './whole-site.ts';

/** A write, as its client sees it. */
interface Sent {
  readonly write: string;
  readonly person: string;
  /** Moments in the order of all that clients did and were told. */
  readonly beganAt: number;
  /** When it was told that it is done or kept; null while it was not. */
  toldAt: number | null;
}

const PEOPLE = 6;
const PLACES = 8;

/** Those who use the simulated site; they remember what they were told. */
export class WholeClients {
  readonly gateway: WholeGateway;
  /** Of each feature, in each second. */
  perSecond = 0;
  waiting = 0;
  answered = 0;
  readonly writes: Sent[] = [];
  /** Answers by what they were, for the numbers. */
  readonly kinds = new Map<string, number>();
  #moment = 0;
  #requests = 0;

  constructor(gateway: WholeGateway) {
    this.gateway = gateway;
    for (const segment of ['give', 'list', 'own', 'ads', 'plain']) this.#keepSending(segment);
  }

  #keepSending(segment: string): void {
    const { clock, randomness: random } = this.gateway;
    const gapMs = (-Math.log(1 - random.fraction()) * 1_000) / (this.perSecond || 0.1);
    clock.after(Math.min(gapMs, 1_000), () => {
      if (this.perSecond > 0 && gapMs <= 1_000) this.#send(segment);
      this.#keepSending(segment);
    });
  }

  #send(segment: string): void {
    const { clock, randomness: random, compiled, parts } = this.gateway;
    const n = ++this.#requests;
    const person = `p${random.integer(PEOPLE)}`;
    const sent = segment === 'give' ? this.#begin(person, n) : null;
    const path = `/${segment}/${random.integer(PLACES)}`;
    const client =
      sent === null ? readOf(path, person, n) : writeOf(path, sent, n, random.integer(2));
    const match = compiled.public.routes.match('any', client.request.method, path);
    if (match.kind !== 'route') throw new Error(`${path} is nobody's`);
    if (random.integer(20) === 0) clock.after(random.integer(500), () => client.goAway());
    this.waiting++;
    const isSwitched = (): boolean => match.route.switched.inForce !== null;
    const wasSwitched = isSwitched();
    const take = (answer: Answer): void =>
      this.#take(client, segment, person, sent, answer, wasSwitched || isSwitched());
    const answer = serveFeature(client, match.route, false, parts);
    if (answer instanceof Promise) void answer.then(take, (error: unknown) => this.#defect(error));
    else take(answer);
  }

  #begin(person: string, n: number): Sent {
    const sent = { write: `w${n}`, person, beganAt: ++this.#moment, toldAt: null };
    this.writes.push(sent);
    return sent;
  }

  #take(
    client: SimulatedClient,
    segment: string,
    person: string,
    sent: Sent | null,
    answer: Answer,
    isOrdered: boolean,
  ): void {
    const { status, problem = '-', rung } = answer;
    this.waiting--;
    this.answered++;
    const kind = `${segment} ${status} ${rung?.name ?? '-'} ${problem}`;
    this.kinds.set(kind, (this.kinds.get(kind) ?? 0) + 1);
    this.gateway.note('answer', client.id, status, problem, rung?.name ?? '-');
    if (client.isGone) return;
    if (sent !== null && (status === 201 || status === 202)) sent.toldAt = ++this.#moment;
    // What somebody ordered by hand is as good as that allows.
    if (isOrdered && (problem === 'feature-closed' || byHand.has(problem))) return;
    const wrong = wrongWith(client, segment, person, answer);
    if (wrong !== null) this.gateway.broken.push(`${client.id} ${client.request.path}: ${wrong}`);
  }

  #defect(error: unknown): void {
    this.gateway.broken.push(`a defect: ${String(error)}`);
  }
}

const byHand = new Set(['switched-off', 'slowed-too-many', 'feature-read-only']);

/** What an answer must not be, whatever has failed; null where it is as it should. */
function wrongWith(
  { request }: Exchange,
  segment: string,
  person: string,
  answer: Answer,
): string | null {
  const { status, problem, body, headers } = answer;
  if (segment === 'give') {
    return status === 201 || status === 202
      ? null
      : `a write of core was told ${status} ${problem}`;
  }
  if (segment === 'list' && status !== 200) return `core was told ${status} ${problem}`;
  if (status !== 200) return (header(headers, 'content-type') ?? '') === '' ? 'no words' : null;
  if (!(body instanceof Uint8Array)) return 'it has no body';
  if (segment === 'list' && page.equals(body)) return null;
  const told = JSON.parse(Buffer.from(body).toString()) as { path?: string; who?: string | null };
  if (told.path !== request.path) return `it is an answer to ${told.path}`;
  const mine = segment === 'own' ? person : null;
  return told.who === mine ? null : `it is an answer for ${told.who}`;
}

function readOf(path: string, person: string, n: number): SimulatedClient {
  const by = n % 2 === 0 ? 'authorization' : 'cookie';
  const headers = path.startsWith('/own') ? [by, person] : [];
  const request = plainRequest(path, { address: '192.0.2.1', headers });
  return new SimulatedClient(request, n);
}

function writeOf(
  path: string,
  { write, person }: Sent,
  n: number,
  hasKey: number,
): SimulatedClient {
  const bytes = Buffer.from(JSON.stringify({ email: person, write }));
  const headers = ['content-type', 'application/json'];
  if (hasKey === 1) headers.push('idempotency-key', `"${write}"`);
  const request = plainRequest(path, { address: '192.0.2.1', headers });
  const stream = Readable.from([bytes]);
  const body = { lengthBytes: bytes.length, stream, trailers: () => [] };
  return new SimulatedClient({ ...request, method: 'POST', body }, n);
}
