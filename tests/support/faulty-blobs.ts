import type { Blobs } from '../../src/ports/blobs/port.ts';

/** Real blobs that can be made to fail or to hang, as a disk does that goes away. */
export interface FaultyBlobs extends Blobs {
  /** From now on; what hangs goes on once it is `well` again. */
  be(health: 'well' | 'failing' | 'hanging'): void;
  /** How many calls came here. */
  readonly calls: number;
}

export function faultyBlobs(blobs: Blobs): FaultyBlobs {
  let health = 'well';
  let calls = 0;
  let wake: (() => void)[] = [];
  const pass = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    calls += 1;
    if (health === 'failing') throw Object.assign(new Error('EIO: i/o error'), { code: 'EIO' });
    if (health === 'hanging') await new Promise<void>((resolve) => void wake.push(resolve));
    return work();
  };
  return {
    get calls() {
      return calls;
    },
    be: (now) => {
      health = now;
      if (now !== 'well') return;
      for (const each of wake) each();
      wake = [];
    },
    put: (bytes) => pass(() => blobs.put(bytes)),
    putStream: (source) => pass(() => blobs.putStream(source)),
    get: (digest) => pass(() => blobs.get(digest)),
    openRead: (digest) => pass(() => blobs.openRead(digest)),
    has: (digest) => pass(() => blobs.has(digest)),
    collect: (keep, olderThanMs) => pass(() => blobs.collect(keep, olderThanMs)),
    async *list() {
      await pass(() => Promise.resolve());
      yield* blobs.list();
    },
  };
}
