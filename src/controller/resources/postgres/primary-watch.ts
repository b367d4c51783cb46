import { lookAtPrimary } from './member-sight.ts';
import { promptly } from './members.ts';
import { PrimarySilence } from './primary-silence.ts';
import { ReplyWatch } from './reply-watch.ts';
import type { Members } from './members.ts';
import type { PrimarySight } from './member-sight.ts';

/** Who wants to do something to the members waits no longer for a primary that hangs. */
const answersWithinMs = 1_000;

interface Question {
  readonly member: string;
  readonly answer: Promise<PrimarySight>;
}

/**
 * Looks at the primary, and knows for how long it has not answered: the process of one that hangs
 * runs, its connections stand, and the kernel even takes new ones for it.
 */
export class PrimaryWatch {
  readonly replies = new ReplyWatch();
  #sight: PrimarySight | null = null;
  #question: Question | null = null;
  readonly #silence = new PrimarySilence();

  /** What it said last; null once it hangs, or cannot be asked. */
  get sight(): PrimarySight | null {
    return this.#sight;
  }

  /** What it says; null while it takes its time. Rejects where it cannot be asked. */
  async look(members: Members, member: string): Promise<PrimarySight | null> {
    const { clock } = members.options;
    this.#silence.asked(member, new Date(clock.nowMs()).toISOString(), clock.monotonicMs());
    // One that has not answered yet is not asked once more.
    if (this.#question?.member !== member) {
      this.#question = { member, answer: lookAtPrimary(members, member) };
      this.#question.answer.catch(() => undefined);
    }
    const question = this.#question;
    try {
      const sight = await promptly(members, question.answer, answersWithinMs);
      if (sight === null) {
        this.#silence.goesOn(clock.monotonicMs());
        if (this.hangsSince(member) !== null) this.#sight = null;
        return null;
      }
      this.forget();
      this.#sight = this.replies.judge(sight, clock.monotonicMs());
      return this.#sight;
    } catch (error) {
      this.#question = null;
      this.#sight = null;
      this.#silence.goesOn(clock.monotonicMs());
      throw error;
    }
  }

  /** Another one is the primary, or it is down: that says enough. */
  forget(): void {
    this.#sight = null;
    this.#question = null;
    this.#silence.ends();
  }

  /** Since when it hangs; null for one that answers, or may yet. */
  hangsSince(member: string): string | null {
    return this.#silence.hangsSince(member);
  }
}
