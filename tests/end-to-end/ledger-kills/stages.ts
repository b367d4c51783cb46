/** Where a worker is killed on the way of a queued write, in the order of that way. */
export const stages = [
  'received',
  'logged',
  'synced',
  'answered',
  'claimed',
  'sent',
  'committed',
  'acknowledged',
] as const;
export type Stage = (typeof stages)[number];

/** Those at which a worker dies by itself; at the others it is killed from outside. */
export const ownStages = ['logged', 'synced', 'claimed', 'acknowledged'] as const;
export type OwnStage = (typeof ownStages)[number];

export function isOwn(stage: Stage): stage is OwnStage {
  return (ownStages as readonly Stage[]).includes(stage);
}

/** From here on a write is carried out that was acknowledged before. */
export function isOfReplay(stage: Stage): boolean {
  return stages.indexOf(stage) >= stages.indexOf('claimed');
}
