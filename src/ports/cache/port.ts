/** A bounded store of bytes that may forget anything at any time. */
export interface Cache {
  /** The bytes, not to be changed by whoever gets them; null when they are not there any more. */
  get(key: string): Promise<Uint8Array | null>;
  /**
   * Keeps a copy of `bytes` for at most `ttlMs`, in place of any other under that key. False when
   * it is not kept, as with an object larger than the whole cache.
   */
  set(key: string, bytes: Uint8Array, ttlMs: number): Promise<boolean>;
  delete(key: string): Promise<boolean>;
  usage(): Promise<{
    readonly entries: number;
    readonly bytes: number;
    readonly limitBytes: number;
  }>;
  close(): Promise<void>;
}
