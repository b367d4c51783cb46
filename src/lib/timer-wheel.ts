/**
 * Many timeouts for the price of one timer: deadlines are kept in slots of `tickMs` and one ticking
 * function looks at one slot a tick. Arming and cancelling cost a few pointer writes, so every
 * request can afford several.
 *
 * A timeout fires up to one tick late and never early. (Hashed wheel of Varghese and Lauck, 1987.)
 */
export interface TimerWheel {
  /** Calls `callback` once, `delayMs` or up to a tick more from now, unless cancelled. */
  arm(delayMs: number, callback: () => void): Timeout;
  /** Advances to `nowMs` (monotonic) and fires what is due; called by whoever owns the clock. */
  advance(nowMs: number): void;
  /**
   * Monotonic time of the last tick: for what may be a tick late, and is asked for several times a
   * request.
   */
  readonly nowMs: number;
  /** How many timeouts wait. */
  readonly size: number;
}

export interface Timeout {
  /** Harmless when it has fired. */
  cancel(): void;
  /** Starts it anew with another delay, whether or not it has fired. */
  rearm(delayMs: number): void;
}

const SLOTS = 512;

export function createTimerWheel(startMs: number, tickMs: number): TimerWheel {
  const wheel: Wheel = {
    slots: Array.from({ length: SLOTS }, () => {
      const head = new Entry(null, () => undefined);
      head.next = head;
      head.previous = head;
      return head;
    }),
    tickMs,
    tick: 0,
    // Whole, as numbers that are not whole are made anew each time they are asked for.
    startMs: Math.floor(startMs),
    size: 0,
  };
  return {
    arm(delayMs, callback) {
      const entry = new Entry(wheel, callback);
      entry.rearm(delayMs);
      return entry;
    },
    advance: (nowMs) => advance(wheel, nowMs),
    get nowMs() {
      return wheel.startMs + wheel.tick * wheel.tickMs;
    },
    get size() {
      return wheel.size;
    },
  };
}

interface Wheel {
  readonly slots: readonly Entry[];
  readonly tickMs: number;
  readonly startMs: number;
  /** Ticks passed since `startMs`. */
  tick: number;
  size: number;
}

class Entry implements Timeout {
  next: Entry | null = null;
  previous: Entry | null = null;
  dueTick = 0;
  readonly #wheel: Wheel | null;
  readonly #callback: () => void;

  constructor(wheel: Wheel | null, callback: () => void) {
    this.#wheel = wheel;
    this.#callback = callback;
  }

  rearm(delayMs: number): void {
    const wheel = this.#wheel;
    if (wheel === null) return;
    this.cancel();
    // One tick more, because part of the present tick has already passed.
    this.dueTick = wheel.tick + Math.max(1, Math.ceil(delayMs / wheel.tickMs)) + 1;
    const head = wheel.slots[this.dueTick % SLOTS];
    if (head === undefined || head.previous === null) return;
    this.next = head;
    this.previous = head.previous;
    head.previous.next = this;
    head.previous = this;
    wheel.size++;
  }

  cancel(): void {
    if (this.next === null || this.previous === null || this.#wheel === null) return;
    this.previous.next = this.next;
    this.next.previous = this.previous;
    this.next = null;
    this.previous = null;
    this.#wheel.size--;
  }

  fire(): void {
    this.cancel();
    this.#callback();
  }
}

function advance(wheel: Wheel, nowMs: number): void {
  const target = Math.floor((nowMs - wheel.startMs) / wheel.tickMs);
  while (wheel.tick < target) {
    wheel.tick++;
    fireSlot(wheel);
  }
}

function fireSlot(wheel: Wheel): void {
  const head = wheel.slots[wheel.tick % SLOTS];
  const due: Entry[] = [];
  for (let at = head?.next ?? null; at !== null && at !== head; at = at.next) {
    if (at.dueTick <= wheel.tick) due.push(at);
  }
  for (const entry of due) {
    // An earlier callback of this slot may have cancelled or moved it.
    if (entry.next !== null && entry.dueTick <= wheel.tick) entry.fire();
  }
}
