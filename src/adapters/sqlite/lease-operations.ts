import type { DatabaseSync } from 'node:sqlite';

/** A lease that ended this long ago is not even worth its row; fences come from elsewhere. */
const FORGOTTEN_AFTER_MS = 24 * 3_600_000;

/**
 * A caller says what time it is before it waits for its turn, which takes seconds at most: so much
 * earlier than the present holder it may seem to be without any clock having been set back.
 */
const WAITED_MS = 10_000;

/** Leases lie beside the entries, so that neither lists nor watches show them. */
export function createLeaseWrites(writer: DatabaseSync, nextFence: () => number) {
  const get = writer.prepare('SELECT holder, ttl_ms, expires_at_ms FROM lease WHERE name = ?');
  const take = writer.prepare(
    `INSERT INTO lease (name, holder, fence, ttl_ms, expires_at_ms) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, fence = excluded.fence,
       ttl_ms = excluded.ttl_ms, expires_at_ms = excluded.expires_at_ms`,
  );
  const renew = writer.prepare(
    'UPDATE lease SET ttl_ms = ?, expires_at_ms = ? WHERE name = ? AND fence = ?',
  );
  const release = writer.prepare('DELETE FROM lease WHERE name = ? AND fence = ?');
  const forget = writer.prepare('DELETE FROM lease WHERE expires_at_ms < ?');

  return {
    /** The fence of the lease now held; null when another holds it. */
    takeLease(argument: {
      readonly name: string;
      readonly holder: string;
      readonly ttlMs: number;
      readonly nowMs: number;
    }): number | null {
      const { name, holder, ttlMs, nowMs } = argument;
      const current = get.get(name);
      if (current && current['holder'] !== holder) {
        const leftMs = Number(current['expires_at_ms']) - nowMs;
        // A lease cannot have more left than it was given: then the machine's clock was set back,
        // and nobody can tell how much is left. Taking it is safe, for the fence refuses a holder
        // who is late.
        if (leftMs > 0 && leftMs <= Number(current['ttl_ms']) + WAITED_MS) return null;
      }
      forget.run(nowMs - FORGOTTEN_AFTER_MS);
      const fence = nextFence();
      take.run(name, holder, fence, ttlMs, nowMs + ttlMs);
      return fence;
    },
    /** Holds for one that has expired too, as long as nobody else has taken it. */
    renewLease: (argument: {
      readonly name: string;
      readonly fence: number;
      readonly ttlMs: number;
      readonly nowMs: number;
    }): boolean =>
      renew.run(argument.ttlMs, argument.nowMs + argument.ttlMs, argument.name, argument.fence)
        .changes === 1,
    releaseLease(argument: { readonly name: string; readonly fence: number }): void {
      release.run(argument.name, argument.fence);
    },
  };
}
