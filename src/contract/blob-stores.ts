/** How one of several stores of blobs stands, as one process sees it. */
export type BlobStoreStanding = {
  readonly region: string;
  /** `failing` now and then; `left-alone` so often that it is not asked for a while. */
  readonly state: 'up' | 'failing' | 'left-alone';
  readonly reason: string | null;
  /** Blobs that it lacks, as far as this process knows. */
  readonly missing: number;
};
