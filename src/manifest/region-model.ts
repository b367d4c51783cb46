/** The same site, elsewhere. */
export interface Region {
  readonly name: string;
  /** Where its public side is reached; null where no rung may ask it. */
  readonly at: string | null;
}
