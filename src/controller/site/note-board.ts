import type { StatusNote } from '../../contract/status.ts';
import type { Clock } from '../../ports/clock/port.ts';

/**
 * What an operator must know now. A note stays, with the time it first appeared, until it is taken
 * off.
 */
export class NoteBoard {
  readonly #notes = new Map<string, StatusNote>();
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  put(note: Omit<StatusNote, 'since'>): void {
    const key = keyOf(note.code, note.about);
    const known = this.#notes.get(key);
    const since = known?.since ?? new Date(this.#clock.nowMs()).toISOString();
    this.#notes.set(key, { ...note, since });
  }

  takeOff(code: string, about: string | null): void {
    this.#notes.delete(keyOf(code, about));
  }

  all(): readonly StatusNote[] {
    return [...this.#notes.values()];
  }
}

function keyOf(code: string, about: string | null): string {
  return `${code} ${about ?? ''}`;
}
