/** Chance as a port: the system's, or replayed from a printed seed. */
export interface Randomness {
  /** Uniform in [0, 1). */
  fraction(): number;
  /** Uniform integer in [0, below). */
  integer(below: number): number;
  bytes(length: number): Uint8Array;
  /** A short lower-case identifier, unguessable with the system adapter. */
  id(length?: number): string;
}
