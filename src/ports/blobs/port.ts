import type { Readable } from 'node:stream';

/**
 * Immutable bytes by their SHA-256 digest (`sha256:` and 64 hex digits); verified when they are
 * read. Rejects with TurnoutError `blob-corrupt` when stored bytes do not match their digest,
 * `blob-digest-invalid` for what is no digest, `disk-full`.
 */
export interface Blobs {
  /**
   * Stores the bytes (again, harmlessly, if they are there; mending them if they are corrupt) and
   * returns their digest once they are on disk.
   */
  put(bytes: Uint8Array): Promise<string>;
  /** As `put`, for what should not be held in memory. Nothing is kept when the source fails. */
  putStream(source: AsyncIterable<Uint8Array>): Promise<StoredBlob>;
  /**
   * The bytes, or null when absent. For at most 256 MiB (else `blob-too-large`); `openRead` is for
   * more.
   */
  get(digest: string): Promise<Uint8Array | null>;
  /**
   * For reading in parts; null when absent. All of it is verified now, unless this process has done
   * so since the blob was last modified.
   */
  openRead(digest: string): Promise<BlobReader | null>;
  has(digest: string): Promise<boolean>;
  /** Every digest, in no order. */
  list(): AsyncIterable<string>;
  /**
   * Removes every blob that is not in `keep` and was not written or asked for (`put`, `get`,
   * `openRead`, `has`) since `olderThanMs` ago, to the second. Safe beside other processes: whoever
   * has just been told that a blob is there keeps it.
   */
  collect(keep: ReadonlySet<string>, olderThanMs: number): Promise<CollectReport>;
}

export interface StoredBlob {
  readonly digest: string;
  readonly bytes: number;
}

export interface BlobReader {
  readonly bytes: number;
  /**
   * The bytes from `start` up to and without `end`; all of them by default. Fails if the blob was
   * collected meanwhile.
   */
  read(start?: number, end?: number): Readable;
}

export interface CollectReport {
  readonly kept: number;
  readonly removed: number;
  readonly removedBytes: number;
}
