/** More are not counted one by one: `repair` finds them by listing. */
const remembered = 100_000;

/** What this process knows a store to lack, by region. */
export class MissingBlobs {
  readonly #byRegion: ReadonlyMap<string, Set<string>>;

  constructor(regions: readonly string[]) {
    this.#byRegion = new Map(regions.map((region) => [region, new Set()]));
  }

  add(region: string, digest: string): void {
    const missing = this.#byRegion.get(region);
    if (missing !== undefined && missing.size < remembered) missing.add(digest);
  }

  take(region: string, digest: string): void {
    this.#byRegion.get(region)?.delete(digest);
  }

  count(region: string): number {
    return this.#byRegion.get(region)?.size ?? 0;
  }
}
