import type { FollowParts, Following } from './follow-file.ts';
import { type Sight, SIGHT_LIMIT_BYTES } from './sight.ts';

/** An answer that takes longer is none. */
const ANSWER_MS = 10_000;

/**
 * Looks at an address every so often, such as an object in a bucket, and asks only for what is new
 * (ETag). Its answer is bounded in time and size; a redirect is not followed, for an address that
 * says what a site may do should say so itself.
 */
export function followAddress(url: string, everyMs: number, parts: FollowParts): Following {
  const stop = new AbortController();
  let etag: string | null = null;
  let isLooking = false;
  const look = async (): Promise<void> => {
    if (isLooking || stop.signal.aborted) return;
    isLooking = true;
    try {
      const looked = await ask(url, etag, stop.signal);
      if (looked === 'unchanged' || stop.signal.aborted) return;
      etag = looked.etag;
      await parts.seen(looked.sight);
    } catch (error) {
      // What could not be put in force would otherwise never be seen again.
      etag = null;
      parts.log.warn('looking at the flags failed', { reason: String(error) });
    } finally {
      isLooking = false;
    }
  };
  const every = parts.clock.every(everyMs, () => void look());
  void look();
  return {
    look(afterMs = 0) {
      // What is asked for again is wanted whole.
      etag = null;
      parts.clock.after(afterMs, () => void look());
    },
    close() {
      every.cancel();
      stop.abort();
    },
  };
}

type Looked = { readonly sight: Sight; readonly etag: string | null };

async function ask(
  url: string,
  etag: string | null,
  stop: AbortSignal,
): Promise<Looked | 'unchanged'> {
  const lost = (why: string): Looked => ({ sight: { kind: 'lost', why }, etag: null });
  try {
    const response = await fetch(url, {
      headers: { accept: '*/*', ...(etag === null ? {} : { 'if-none-match': etag }) },
      redirect: 'manual',
      signal: AbortSignal.any([stop, AbortSignal.timeout(ANSWER_MS)]),
    });
    if (response.status !== 200) {
      await response.body?.cancel();
      return response.status === 304 ? 'unchanged' : lost(`is answered with ${response.status}`);
    }
    const bytes = await readBounded(response);
    if (bytes === null) return lost(`has more than ${SIGHT_LIMIT_BYTES} bytes`);
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    return {
      sight: { kind: 'text', text, who: addressName(url) },
      etag: response.headers.get('etag'),
    };
  } catch (error) {
    return lost(`cannot be read (${reasonOf(error)})`);
  }
}

/** Without its query, which may hold what opens the bucket. */
export function addressName(url: string): string {
  const { origin, pathname } = new URL(url);
  return origin + pathname;
}

/** Null where it is too large. */
async function readBounded({ body }: Response): Promise<Uint8Array | null> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of (body ?? []) as AsyncIterable<Uint8Array>) {
    bytes += chunk.length;
    if (bytes > SIGHT_LIMIT_BYTES) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cause instanceof Error ? cause.message : String(cause);
}
