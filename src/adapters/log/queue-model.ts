/** The queue as anyone would write it who needs no disk, no speed and one process. */
export interface ModelWrite {
  readonly id: string;
  readonly key: string;
  readonly stamp: number;
  expiresAtMs: number;
  attempts: number;
  state:
    | { readonly kind: 'waiting' }
    | { readonly kind: 'delayed'; readonly untilMs: number }
    | { readonly kind: 'claimed'; readonly claim: string; readonly untilMs: number }
    | { readonly kind: 'dead' | 'done' | 'discarded' };
}

export class QueueModel {
  readonly writes = new Map<string, ModelWrite>();

  /** What a claim of everything must return, in order; expired writes die first. */
  claimable(nowMs: number): readonly ModelWrite[] {
    for (const write of this.writes.values()) {
      const { state } = write;
      if ('untilMs' in state && state.untilMs <= nowMs) write.state = { kind: 'waiting' };
      const isWaiting = write.state.kind === 'waiting' || write.state.kind === 'delayed';
      if (isWaiting && write.expiresAtMs <= nowMs) write.state = { kind: 'dead' };
    }
    const lines = Map.groupBy(
      [...this.writes.values()].filter(({ state }) =>
        ['waiting', 'delayed', 'claimed'].includes(state.kind),
      ),
      ({ key }) => key,
    );
    return [...lines.values()]
      .filter((line) => line.every(({ state }) => state.kind !== 'claimed'))
      .map((line) => line.toSorted((a, b) => a.stamp - b.stamp)[0])
      .filter((head) => head?.state.kind === 'waiting')
      .filter((head) => head !== undefined)
      .toSorted((a, b) => a.stamp - b.stamp);
  }

  statusOf(id: string): string {
    const kind = this.writes.get(id)?.state.kind ?? 'unknown';
    if (kind === 'claimed') return 'replaying';
    return kind === 'waiting' || kind === 'delayed' ? 'queued' : kind;
  }
}
