import {
  FLAGS_PREFIX,
  type FlagsDocument,
  type FlagsRecord,
  isWritten,
  SET_FLAGS_KEY,
  type SetFlags,
  WRITTEN_FLAGS_KEY,
} from '../contract/flags.ts';
import type { StatusNote } from '../contract/status.ts';
import { flagsInForce } from '../derive/flags/flags-in-force.ts';
import type { Log } from '../lib/log.ts';
import { ownValue } from '../lib/own-value.ts';
import type { Clock, Timer } from '../ports/clock/port.ts';
import type { Journal } from '../ports/journal/port.ts';
import type { State, Watch } from '../ports/state/port.ts';
import { addressName, followAddress } from './follow-address.ts';
import { followFile, type Following } from './follow-file.ts';
import type { FlagsReading, ReadFlags, SwitchedFeature } from './flags-reading.ts';
import { journalledChanges } from './journalled-changes.ts';
import { judgeSight, type SightQuality, type SightState } from './judge-sight.ts';
import { dropEnded } from './set-flags.ts';
import type { Sight } from './sight.ts';
import { hasRoom, hasWritten, isSame, nextRecord, withSwitchesOf } from './written-flags.ts';

export interface SiteFlagsParts {
  readonly state: State;
  readonly journal: Journal;
  readonly clock: Clock;
  readonly log: Log;
  /** The file beside site.yaml. */
  readonly file: string;
  readonly read: ReadFlags;
  /** Tells services: called with what is in force, again whenever that is another. */
  tell(document: FlagsDocument): Promise<void>;
}

/** What the manifests say that concerns flags. */
export interface FlagsTerms {
  readonly features: readonly SwitchedFeature[];
  /** As of the last reading of all manifests: where nothing better is known. */
  readonly flags: FlagsDocument;
  /** Whether that reading was made just now, or is the last that was good. */
  readonly isRead: boolean;
  readonly place: { readonly url: string; readonly everyMs: number } | null;
}

const TEND_MS = 1_000;
const noneSet: SetFlags = { flags: {} };
const fresh: SightState = { kind: 'settled', sight: null };

/**
 * Keeps the flags of a site: follows the place where they are written, puts in force what is good,
 * refuses what is not and says so, and tells services of what is in force. What people set by hand
 * is followed too, whoever wrote it; what has ended is taken out.
 */
export class SiteFlags {
  readonly #parts: SiteFlagsParts;
  #terms: FlagsTerms | null = null;
  #following: Following | null = null;
  #sight: SightState = fresh;
  #refused: StatusNote | null = null;
  #watch: Watch | null = null;
  #tending: Timer | null = null;
  #written: FlagsRecord | null = null;
  #set: SetFlags = noneSet;
  #told: FlagsDocument | null = null;
  #queue: Promise<void> = Promise.resolve();
  #telling: Promise<void> = Promise.resolve();

  constructor(parts: SiteFlagsParts) {
    this.#parts = parts;
  }

  /** Tells what the manifests say now; what is written is then read anew, under these terms. */
  use(terms: FlagsTerms): Promise<void> {
    return this.#inTurn(async () => {
      await this.#follow();
      const isElsewhere = this.#terms?.place?.url !== terms.place?.url;
      this.#terms = terms;
      const isGone = terms.isRead && terms.place === null && !hasWritten(terms.flags);
      if (isGone) this.#refused = null;
      const base = isGone ? terms.flags : (this.#written?.document ?? terms.flags);
      await this.#put(withSwitchesOf(base, terms.features), this.#from(), 'manifests');
      await this.#tell();
      // What was refused under other features may be right under these.
      this.#sight = fresh;
      if (this.#following === null || isElsewhere) this.#followPlace(terms);
      else this.#following.look();
    });
  }

  /** An alert while what is written now is refused. */
  notes(): readonly StatusNote[] {
    return this.#refused === null ? [] : [this.#refused];
  }

  async close(): Promise<void> {
    this.#following?.close();
    this.#tending?.cancel();
    await this.#queue;
    await this.#telling;
    this.#watch?.close();
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    const turn = this.#queue.then(work);
    this.#queue = turn.catch(() => undefined);
    return turn;
  }

  /** Once; what is in state before that is known when it resolves. */
  async #follow(): Promise<void> {
    if (this.#watch !== null) return;
    this.#watch = await this.#parts.state.watch(FLAGS_PREFIX, ({ kind, key, ...change }) => {
      const value = kind === 'put' && 'value' in change ? change.value : null;
      if (key === WRITTEN_FLAGS_KEY) this.#written = value as FlagsRecord | null;
      if (key === SET_FLAGS_KEY) this.#set = (value as SetFlags | null) ?? noneSet;
      void this.#tell();
    });
    this.#tending = this.#parts.clock.every(TEND_MS, () => void this.#tend());
  }

  #followPlace({ place }: FlagsTerms): void {
    this.#following?.close();
    const { clock, log, file } = this.#parts;
    const parts = { clock, log, seen: (sight: Sight) => this.#inTurn(() => this.#seen(sight)) };
    this.#following =
      place === null ? followFile(file, parts) : followAddress(place.url, place.everyMs, parts);
  }

  #from(): string {
    const place = this.#terms?.place ?? null;
    return place === null ? 'flags.yaml' : addressName(place.url);
  }

  async #seen(sight: Sight): Promise<void> {
    const { features } = this.#terms ?? { features: [] };
    const from = this.#from();
    const isUnchanged =
      this.#sight.kind === 'settled' &&
      this.#sight.sight?.kind === 'text' &&
      sight.kind === 'text' &&
      sight.text === this.#sight.sight.text;
    if (isUnchanged) return;
    // A site need have no flags.yaml: one that never was is not missed.
    if (sight.kind === 'lost' && this.#isNeverWritten()) return;
    const reading =
      sight.kind === 'text'
        ? this.#parts.read(sight.text, from, features)
        : ({ kind: 'refused', problems: `${from} ${sight.why}.`, line: 0 } as const);
    const nowMs = this.#parts.clock.monotonicMs();
    const judged = judgeSight(this.#sight, sight, this.#qualityOf(sight, reading), nowMs);
    const { effect } = judged;
    if (effect.kind === 'look-again') this.#following?.look(effect.inMs);
    if (effect.kind === 'use' && reading.kind === 'flags' && sight.kind === 'text') {
      const isThere = await this.#put(reading.document, from, sight.who);
      if (isThere) this.#refused = null;
    }
    if (effect.kind === 'refuse' && reading.kind === 'refused') {
      await this.#refuse(reading.problems, reading.line, sight.kind === 'text' ? sight.who : from);
    }
    // Not before: what could not be written down is looked at again.
    this.#sight = judged.state;
  }

  /** What ends within a line, or lacks what was there, may be the beginning of a longer text. */
  #qualityOf(sight: Sight, reading: FlagsReading): SightQuality {
    if (sight.kind === 'lost' || reading.kind === 'refused') return 'wrong';
    const before = Object.entries(this.#written?.document.flags ?? {});
    const isShorter = before.some(([name, definition]) => {
      return isWritten(definition) && ownValue(reading.document.flags, name) === undefined;
    });
    return isShorter || !sight.text.endsWith('\n') ? 'cut' : 'good';
  }

  #isNeverWritten(): boolean {
    if (this.#terms?.place !== null) return false;
    return this.#written === null || !hasWritten(this.#written.document);
  }

  /**
   * Puts in force and journals what is another than before; at once, for the record says itself by
   * whom it is. False where it is refused for its size.
   */
  async #put(document: FlagsDocument, from: string, who: string): Promise<boolean> {
    const { state, journal, clock, log } = this.#parts;
    const by = { atMs: clock.nowMs(), who };
    const { record, differences } = nextRecord(this.#written, document, from, by);
    if (this.#written !== null && isSame(this.#written, record)) return true;
    if (!hasRoom(record)) {
      const remedy = 'Shorten it, or let long texts stand elsewhere.';
      await this.#refuse(`${from} has more than can be told to workers. ${remedy}`, 0, who);
      return false;
    }
    const written = state.put(WRITTEN_FLAGS_KEY, record);
    if (differences.length > 0) {
      const data = { changes: journalledChanges(differences) };
      const entry = { kind: 'flags.changed', subject: 'flags', who, data };
      await Promise.all([written, journal.append(entry)]);
      log.progress(`flags: ${differences.length} changed by ${who}`);
    }
    await written;
    this.#written = record;
    // Workers have it; the next change need not wait until services do.
    void this.#tell();
    return true;
  }

  async #refuse(problems: string, line: number, who: string): Promise<void> {
    const { journal, clock, log } = this.#parts;
    const since = new Date(clock.nowMs()).toISOString();
    const message = `What is written of the flags is refused; the last good ones stay in force.\n${problems}`;
    if (this.#refused?.message === message) return;
    this.#refused = {
      severity: 'alert',
      code: 'flags-refused',
      about: null,
      message,
      remedy:
        'Mend it: it is read again as soon as it is saved. `turnout flags check` tries it out.',
      since,
    };
    log.progress(`flags: refused, what was in force stays: ${problems}`);
    const why = problems.slice(0, 4_000);
    await journal.append({ kind: 'flags.refused', subject: 'flags', who, why, data: { line } });
  }

  async #tend(): Promise<void> {
    try {
      await dropEnded(this.#parts, this.#set);
      await this.#tell();
    } catch (error) {
      this.#parts.log.warn('flags that have ended are left', { reason: String(error) });
    }
  }

  /** One after the other: of two at a time the older could be the last to be there. */
  #tell(): Promise<void> {
    this.#telling = this.#telling.then(() => this.#tellNow());
    return this.#telling;
  }

  /** What ends at a moment is told within a second of it. */
  async #tellNow(): Promise<void> {
    if (this.#written === null) return;
    const document = flagsInForce(this.#written, this.#set, this.#parts.clock.nowMs());
    if (this.#told !== null && isSame(this.#told, document)) return;
    try {
      await this.#parts.tell(document);
      this.#told = document;
    } catch (error) {
      this.#parts.log.warn('services were not told of the flags', { reason: String(error) });
    }
  }
}
