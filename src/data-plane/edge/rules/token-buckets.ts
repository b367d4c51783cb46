export interface BucketPolicy {
  readonly perSecond: number;
  /** How much may be taken at once. */
  readonly burst: number;
}

/** Keys that have a bucket of their own. */
const MAX_KEYS = 50_000;
/** Buckets for those that come when there is no room: several keys then share one. */
const SHARED = 1_024;
/** How many of the longest untouched are looked at before there is no room. */
const LOOKED_AT = 8;

interface Bucket {
  tokens: number;
  atMs: number;
}

/**
 * Token buckets by key, of one worker. Only a bucket that is full again makes room for another: it
 * is what a new one would be, so that nobody who is held back is let go by a crowd of others.
 */
export class TokenBuckets {
  readonly #policy: BucketPolicy;
  readonly #maxKeys: number;
  /** Longest untouched first. */
  readonly #buckets = new Map<string, Bucket>();
  readonly #shared: Bucket[] = [];

  constructor(policy: BucketPolicy, maxKeys = MAX_KEYS) {
    this.#policy = policy;
    this.#maxKeys = maxKeys;
  }

  get size(): number {
    return this.#buckets.size;
  }

  /** 0 when it is let through, else after how many milliseconds the next one will be. */
  take(key: string, nowMs: number): number {
    const bucket = this.#bucketOf(key, nowMs);
    this.#refill(bucket, nowMs);
    if (bucket.tokens >= 1) {
      bucket.tokens -= 1;
      return 0;
    }
    return Math.max(1, Math.ceil(((1 - bucket.tokens) / this.#policy.perSecond) * 1_000));
  }

  #refill(bucket: Bucket, nowMs: number): void {
    const gained = (Math.max(0, nowMs - bucket.atMs) / 1_000) * this.#policy.perSecond;
    bucket.tokens = Math.min(this.#policy.burst, bucket.tokens + gained);
    bucket.atMs = nowMs;
  }

  #bucketOf(key: string, nowMs: number): Bucket {
    const found = this.#buckets.get(key);
    if (found !== undefined) {
      this.#buckets.delete(key);
      this.#buckets.set(key, found);
      return found;
    }
    if (this.#buckets.size >= this.#maxKeys && !this.#makeRoom(nowMs))
      return this.#sharedBy(key, nowMs);
    const made: Bucket = { tokens: this.#policy.burst, atMs: nowMs };
    this.#buckets.set(key, made);
    return made;
  }

  #makeRoom(nowMs: number): boolean {
    let looked = 0;
    for (const [key, bucket] of this.#buckets) {
      const gained = (Math.max(0, nowMs - bucket.atMs) / 1_000) * this.#policy.perSecond;
      if (bucket.tokens + gained >= this.#policy.burst) {
        this.#buckets.delete(key);
        return true;
      }
      looked += 1;
      if (looked === LOOKED_AT) return false;
    }
    return false;
  }

  #sharedBy(key: string, nowMs: number): Bucket {
    let hash = 0;
    for (let i = 0; i < key.length; i++) hash = (hash * 31 + key.charCodeAt(i)) | 0;
    const at = (hash >>> 0) % SHARED;
    return (this.#shared[at] ??= { tokens: this.#policy.burst, atMs: nowMs });
  }
}
