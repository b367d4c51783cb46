import type { AutoBanSample, AutoBanStats } from '../../../contract/rule-reports.ts';
import { AUTO_BAN_AUTHOR, BANS_TABLE, type LiveTableEntry } from '../../../contract/tables.ts';
import type { EdgeConfiguration } from '../../../derive/edge/edge-configuration.ts';
import { type Address, formatNetwork, parseNetwork } from '../../../lib/address.ts';
import { AddressTrie } from '../../../lib/address-trie.ts';
import type { Log } from '../../../lib/log.ts';
import type { Clock } from '../../../ports/clock/port.ts';
import type { Answer, Exchange } from '../../exchange.ts';
import { ClientCounts } from './client-counts.ts';

type AutoBanConfiguration = NonNullable<EdgeConfiguration['autoBan']>;
type Limit = AutoBanConfiguration['limits'][number];

interface CountedLimit {
  readonly limit: Limit;
  readonly counts: ClientCounts;
}

interface AutoBanParts {
  readonly clock: Pick<Clock, 'nowMs' | 'monotonicMs'>;
  readonly log: Log;
  /** Puts an entry into the table of bans where there is none under its key; false where one is. */
  propose(entry: LiveTableEntry): Promise<boolean>;
}

/** Clients that are counted of each limit: some 100 bytes each. */
const MOST_CLIENTS = 20_000;
const MOST_SAMPLES = 20;
/** A flood from everywhere is nothing that bans end, and each is a write. */
const MOST_BANS_A_MINUTE = 60;
const MINUTE_MS = 60_000;

/**
 * Bans whoever is refused too often, for a while, or only tells whom it would ban. Each worker
 * counts for itself what it answers. A client of IPv6 is its /64: that much everybody has.
 */
export class AutoBan {
  readonly #parts: AutoBanParts;
  #configuration: AutoBanConfiguration | null = null;
  #never = new AddressTrie();
  /** By status, those that count it; empty for statuses that nobody counts. */
  #byStatus: readonly (readonly CountedLimit[])[] = [];
  #over = 0;
  #banned = 0;
  #samples: readonly AutoBanSample[] = [];
  #minute = 0;
  #inMinute = 0;

  constructor(parts: AutoBanParts) {
    this.#parts = parts;
  }

  /** Takes a configuration; counts go on where it is the same as before. */
  use(configuration: AutoBanConfiguration | null, edgeNodes: readonly string[]): void {
    const never = new AddressTrie();
    for (const text of ['127.0.0.0/8', '::1', ...edgeNodes, ...(configuration?.never ?? [])]) {
      const parsed = parseNetwork(text);
      if (parsed.kind !== 'none') {
        never.add(parsed.kind === 'network' ? parsed.network : parsed.meant);
      }
    }
    this.#never = never;
    const isSame = JSON.stringify(configuration) === JSON.stringify(this.#configuration);
    if (isSame) return;
    this.#configuration = configuration;
    const counted = (configuration?.limits ?? []).map((limit) => ({
      limit,
      counts: new ClientCounts({
        limit: limit.count,
        withinMs: limit.withinMs,
        most: MOST_CLIENTS,
      }),
    }));
    this.#byStatus = Array.from({ length: 600 }, (_, status) =>
      counted.filter(({ limit: { statuses } }) => {
        return statuses.from <= status && status <= statuses.to;
      }),
    );
  }

  /** Whether edge.yaml has any. */
  get isThere(): boolean {
    return this.#configuration !== null;
  }

  stats(): AutoBanStats {
    const mode = this.#configuration?.mode ?? 'observe';
    return { mode, over: this.#over, banned: this.#banned, samples: this.#samples };
  }

  /** Counts what a client was answered; `trusts` says who is a hop, which is never banned. */
  count(exchange: Exchange, answer: Answer, trusts: (address: string) => boolean): void {
    const counting = this.#byStatus[answer.status];
    // Whoever is banned already is told so; that is no reason to ban him again.
    if (counting === undefined || counting.length === 0 || answer.problem === 'banned') return;
    const { client, method, path } = exchange.request;
    const { ip } = client;
    if (ip === null || this.#never.holds(ip) || trusts(client.address)) return;
    for (const { limit, counts } of counting) {
      if (limit.method !== null && limit.method !== method) continue;
      if (limit.path !== null && !isBelow(path, limit.path)) continue;
      const count = counts.add(clientKey(ip), this.#parts.clock.monotonicMs());
      if (count !== null) this.#goneOver(limit, networkOf(ip), count);
    }
  }

  #goneOver(limit: Limit, network: string, count: number): void {
    const { clock, log } = this.#parts;
    const configuration = this.#configuration;
    if (configuration === null) return;
    this.#over++;
    const nowMs = clock.nowMs();
    const sample = { network, limit: limit.name, count, atMs: nowMs };
    this.#samples = [...this.#samples.slice(1 - MOST_SAMPLES), sample];
    const fields = { network, limit: limit.name, count, withinMs: limit.withinMs };
    if (configuration.mode === 'observe') {
      log.warn('Auto-ban would ban a client', fields);
      return;
    }
    if (!this.#mayBan(clock.monotonicMs())) {
      log.warn('Auto-ban leaves a client: there are too many', fields);
      return;
    }
    const entry: LiveTableEntry = {
      table: BANS_TABLE,
      key: network,
      value: null,
      isRemoved: false,
      author: AUTO_BAN_AUTHOR,
      why: `${limit.name}: ${count} within ${limit.withinMs / 1_000} s`,
      atMs: nowMs,
      expiresMs: nowMs + configuration.forMs,
    };
    void this.#ban(entry, fields);
  }

  async #ban(
    entry: LiveTableEntry,
    fields: Readonly<Record<string, string | number>>,
  ): Promise<void> {
    const { log } = this.#parts;
    try {
      if (!(await this.#parts.propose(entry))) return;
      this.#banned++;
      log.warn('Auto-ban bans a client', fields);
    } catch (error) {
      log.warn('Auto-ban failed', { ...fields, error: String(error) });
    }
  }

  #mayBan(nowMs: number): boolean {
    const minute = Math.floor(nowMs / MINUTE_MS);
    if (minute !== this.#minute) {
      this.#minute = minute;
      this.#inMinute = 0;
    }
    return this.#inMinute++ < MOST_BANS_A_MINUTE;
  }
}

function isBelow(path: string, prefix: string): boolean {
  return (
    path.startsWith(prefix) &&
    (path.length === prefix.length || prefix.endsWith('/') || path[prefix.length] === '/')
  );
}

function clientKey(ip: Address): string | number {
  return ip.length === 1 ? (ip[0] ?? 0) : `${ip[0]},${ip[1]}`;
}

function networkOf(ip: Address): string {
  if (ip.length === 1) return formatNetwork({ address: ip, bits: 32 });
  return formatNetwork({ address: Int32Array.of(ip[0] ?? 0, ip[1] ?? 0, 0, 0), bits: 64 });
}
