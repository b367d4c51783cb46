/** What commands and the API say of queued writes. `type`: these are JSON. */
export type QueueReport = {
  readonly waiting: number;
  readonly oldestAgeMs: number | null;
  readonly deadLetters: number;
  /** What the queue takes on disk, and what it may take. */
  readonly bytes: number;
  readonly limitBytes: number;
  readonly features: readonly {
    readonly feature: string;
    readonly waiting: number;
    readonly oldestAgeMs: number | null;
    readonly deadLetters: number;
  }[];
  /** Places where the queue could not be read, in words. */
  readonly damage: readonly string[];
};

/** A write that was set aside, without what it says. */
export type DeadLetterReport = {
  readonly id: string;
  readonly feature: string;
  readonly reason: string;
  readonly attempts: number;
  readonly acceptedAt: string;
  readonly diedAt: string;
};

/** How one write stands; `request` where it was set aside and can be opened. */
export type WriteReport = {
  readonly id: string;
  readonly feature: string;
  readonly state: 'queued' | 'replaying' | 'done' | 'dead' | 'discarded';
  readonly acceptedAt: string;
  readonly attempts: number | null;
  readonly reason: string | null;
  readonly request: WriteRequestReport | null;
};

export type WriteRequestReport = {
  readonly method: string;
  readonly target: string;
  readonly order: string;
  readonly client: string;
  readonly contentType: string | null;
  /** Text where it is UTF-8, else base64. */
  readonly body: string;
  readonly isText: boolean;
};
