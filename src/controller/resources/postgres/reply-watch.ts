import type { PrimarySight } from './member-sight.ts';

/**
 * A replica tells its primary each second how far it is, also when there is nothing new. One that
 * says nothing for so long hangs: its connection stands, and no commit is confirmed over it.
 */
export const silenceLimitMs = 3_000;
/**
 * What passes between two looks counts as so much at most: where we were held up, the replica may
 * have been too, and it gets its chance to speak before it is judged.
 */
const countedMs = 1_000;

interface Heard {
  readonly reply: string;
  readonly lookedMs: number;
  readonly silentMs: number;
}

/** For how long each replica has been silent, by the clock of who looks. */
export class ReplyWatch {
  #heard: ReadonlyMap<string, Heard> = new Map();

  /** What is seen, but that a replica which hangs does not count as one that streams. */
  judge(sight: PrimarySight, nowMs: number): PrimarySight {
    this.#heard = new Map(
      [...sight.replicas].map(([name, { reply }]) => {
        const before = this.#heard.get(name);
        if (before?.reply !== reply) return [name, { reply, lookedMs: nowMs, silentMs: 0 }];
        const silentMs = before.silentMs + Math.min(countedMs, nowMs - before.lookedMs);
        return [name, { reply, lookedMs: nowMs, silentMs }];
      }),
    );
    const replicas = [...sight.replicas].map(([name, seen]) => {
      const streaming = seen.streaming && this.silentMs(name) < silenceLimitMs;
      return [name, { ...seen, streaming }] as const;
    });
    return { ...sight, replicas: new Map(replicas) };
  }

  /** 0 for one that is not there at all. */
  silentMs(name: string): number {
    return this.#heard.get(name)?.silentMs ?? 0;
  }
}
