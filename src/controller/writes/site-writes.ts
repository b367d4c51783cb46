import { openWrite, type QueuedWrite, sealWrite } from '../../contract/queued-write.ts';
import type { WriteKeys } from '../../contract/write-keys.ts';
import type {
  DeadLetterReport,
  QueueReport,
  WriteReport,
  WriteRequestReport,
} from '../../contract/write-report.ts';
import { TurnoutError } from '../../lib/errors.ts';
import type { JsonValue } from '../../lib/json.ts';
import type { Journal } from '../../ports/journal/port.ts';
import type { DeadLetter, Writes } from '../../ports/writes/port.ts';

export interface SiteWritesOptions {
  readonly writes: Pick<Writes, 'stats' | 'deadLetters' | 'find' | 'requeue' | 'discard'>;
  readonly keys: () => Promise<WriteKeys | null>;
  /** Makes a new key; resolves with its id. */
  readonly rotate: () => Promise<string>;
  readonly journal: Pick<Journal, 'append'>;
}

/** Who asks for a change, and why. */
interface Asked {
  readonly who: string;
  readonly why: string | null;
}

/** Sent again as it is, or with another body. */
export interface RetryRequest extends Asked {
  /** How long it may wait from now on. */
  readonly forMs: number;
  /** Null leaves it as it is. */
  readonly body: Uint8Array | null;
}

/** The queued writes of the site, as operators look at them; what they change is in the journal. */
export class SiteWrites {
  readonly #options: SiteWritesOptions;

  constructor(options: SiteWritesOptions) {
    this.#options = options;
  }

  async report(): Promise<QueueReport> {
    const stats = await this.#options.writes.stats();
    const { depth, oldestAgeMs, deadLetters, bytes, limitBytes, features, damage } = stats;
    return {
      waiting: depth,
      oldestAgeMs,
      deadLetters,
      bytes,
      limitBytes,
      features: features.map((each) => ({
        feature: each.feature,
        waiting: each.depth,
        oldestAgeMs: each.oldestAgeMs,
        deadLetters: each.deadLetters,
      })),
      damage: damage.map(({ message }) => message),
    };
  }

  /** Those that were set aside, oldest first. */
  async deadLetters(feature: string | null, limit: number): Promise<readonly DeadLetterReport[]> {
    const query = { limit, ...(feature !== null && { feature }) };
    const letters = await this.#options.writes.deadLetters(query);
    return letters.map((letter) => ({
      id: letter.id,
      feature: letter.feature,
      reason: letter.reason,
      attempts: letter.attempts,
      acceptedAt: timeOf(letter.acceptedAtMs),
      diedAt: timeOf(letter.diedAtMs),
    }));
  }

  /**
   * How a write stands; of a dead letter what it says, which is somebody's own: who looked is in
   * the journal. Rejects with `write-unknown`.
   */
  async show(id: string, who: string): Promise<WriteReport> {
    const { writes, journal } = this.#options;
    const status = await writes.find(id);
    if (status === null) throw unknown(id);
    const [letter] = status.kind === 'dead' ? await writes.deadLetters({ id }) : [];
    const opened = letter === undefined ? null : await this.#open(letter);
    if (opened !== null) {
      await journal.append({ kind: 'write.shown', subject: status.feature, who, data: { id } });
    }
    return {
      id,
      feature: status.feature,
      state: status.kind,
      acceptedAt: timeOf(status.acceptedAtMs),
      attempts: 'attempts' in status ? status.attempts : (letter?.attempts ?? null),
      reason: status.kind === 'dead' ? status.reason : null,
      request: opened === null ? null : requestOf(opened),
    };
  }

  /**
   * Sends a dead letter back to its place in its order. With another body it is the same write: its
   * key stays, so a service that has done it all the same refuses it. Rejects with
   * `write-not-dead`, `write-unreadable`, or as the queue does.
   */
  async retry(id: string, { forMs, body, who, why }: RetryRequest): Promise<DeadLetterReport> {
    const letter = await this.#letter(id);
    const changed = body === null ? null : await this.#withBody(letter, body);
    const changes = { forMs, ...(changed !== null && { body: changed }) };
    if (!(await this.#options.writes.requeue(id, changes))) throw notDead(id);
    const kind = body === null ? 'write.retried' : 'write.edited';
    return this.#tell(kind, letter, { who, why });
  }

  /** Gives a dead letter up for good. Rejects with `write-not-dead`. */
  async discard(id: string, asked: Asked): Promise<DeadLetterReport> {
    const letter = await this.#letter(id);
    if (!(await this.#options.writes.discard(id))) throw notDead(id);
    return this.#tell('write.discarded', letter, asked);
  }

  /** What is kept from now on is sealed with a new key. */
  async rotateKey({ who, why }: Asked): Promise<string> {
    const key = await this.#options.rotate();
    const entry = { kind: 'write.key-rotated', subject: 'site', who, data: { key } };
    await this.#options.journal.append({ ...entry, ...(why !== null && { why }) });
    return key;
  }

  async #letter(id: string): Promise<DeadLetter> {
    const [letter] = await this.#options.writes.deadLetters({ id });
    if (letter === undefined) throw notDead(id);
    return letter;
  }

  async #open({ feature, id, body }: DeadLetter): Promise<QueuedWrite | null> {
    const keys = await this.#options.keys();
    return keys === null ? null : openWrite(keys, feature, id, body);
  }

  async #withBody(letter: DeadLetter, body: Uint8Array): Promise<Uint8Array> {
    const { feature, id } = letter;
    const opened = await this.#open(letter);
    const keys = await this.#options.keys();
    if (opened === null || keys === null) throw unreadable(id);
    return sealWrite(keys, feature, id, { head: opened.head, body });
  }

  async #tell(kind: string, letter: DeadLetter, { who, why }: Asked): Promise<DeadLetterReport> {
    const { id, feature, reason, attempts } = letter;
    const data: JsonValue = { id, reason, attempts };
    const entry = { kind, subject: feature, who, data };
    await this.#options.journal.append({ ...entry, ...(why !== null && { why }) });
    const acceptedAt = timeOf(letter.acceptedAtMs);
    return { id, feature, reason, attempts, acceptedAt, diedAt: timeOf(letter.diedAtMs) };
  }
}

function requestOf({ head, body }: QueuedWrite): WriteRequestReport {
  const { method, path, query, order, client, headers } = head;
  const bytes = Buffer.from(body);
  const text = bytes.toString('utf8');
  const isText = Buffer.from(text).equals(bytes);
  const at = headers.findIndex((name, i) => i % 2 === 0 && name === 'content-type');
  return {
    method,
    target: query === null ? path : `${path}?${query}`,
    order,
    client: client.address,
    contentType: at === -1 ? null : (headers[at + 1] ?? null),
    body: isText ? text : bytes.toString('base64'),
    isText,
  };
}

function timeOf(ms: number): string {
  return new Date(ms).toISOString();
}

function unknown(id: string): TurnoutError {
  return new TurnoutError(
    'write-unknown',
    `There is no write ${id}, or its outcome is no longer kept.`,
    'See `turnout writes list` for those that were set aside.',
  );
}

function notDead(id: string): TurnoutError {
  return new TurnoutError(
    'write-not-dead',
    `The write ${id} is not among those that were set aside.`,
    'See how it stands with `turnout writes show`; those set aside with `turnout writes list`.',
  );
}

function unreadable(id: string): TurnoutError {
  return new TurnoutError(
    'write-unreadable',
    `No key of the site opens the write ${id}.`,
    'Bring secrets/write-keys.json of the state folder back from a backup.',
  );
}
