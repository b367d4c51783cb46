import type { EdgeBans } from '../../derive/edge/edge-configuration.ts';
import { parseNetwork } from '../../lib/address.ts';
import { AddressTrie } from '../../lib/address-trie.ts';
import type { Answer, Exchange } from '../exchange.ts';
import { problemAnswer } from '../problems.ts';
import type { Tables } from './tables/tables.ts';

/** Whoever has an address of the table `bans` gets one answer, whatever is asked for. */
export class Bans {
  readonly #tables: Pick<Tables, 'isBanned'>;
  #edgeNodes = new AddressTrie();
  /** What edge.yaml says; null for a plain problem. */
  #answer: Answer | null = null;

  constructor(tables: Pick<Tables, 'isBanned'>) {
    this.#tables = tables;
  }

  /** Reads a configuration, or throws; what is returned puts it in force. */
  prepare(bans: EdgeBans, textOf: (file: string) => string): () => void {
    const { status, reason, page, headers } = bans;
    const edgeNodes = new AddressTrie();
    for (const text of bans.edgeNodes) {
      const parsed = parseNetwork(text);
      if (parsed.kind === 'none') throw new Error(`${text} is no network of edge nodes`);
      edgeNodes.add(parsed.kind === 'network' ? parsed.network : parsed.meant);
    }
    const isPlain = status === 403 && reason === null && page === null;
    const answer: Answer | null =
      isPlain && Object.keys(headers).length === 0
        ? null
        : {
            status,
            problem: 'banned',
            ...(reason !== null && { reason }),
            headers: headersOf(headers, page),
            body: page === null ? null : Buffer.from(textOf(page)),
          };
    return () => {
      this.#answer = answer;
      this.#edgeNodes = edgeNodes;
    };
  }

  /**
   * The answer for a banned client; null for all others. What another edge node brings has passed
   * that one's list: its client may be anybody, and the node itself is never meant.
   */
  check({ id, request }: Pick<Exchange, 'id' | 'request'>): Answer | null {
    const { ip, peerIp } = request.client;
    if (ip === null || !this.#tables.isBanned(ip)) return null;
    if (peerIp !== null && this.#edgeNodes.holds(peerIp)) return null;
    return this.#answer ?? problemAnswer('banned', { detail: 'Access is denied.', requestId: id });
  }
}

const typeOfPage: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  json: 'application/json',
  txt: 'text/plain; charset=utf-8',
};

/** Names in lower case; one that is banned today must not be told so from a cache tomorrow. */
function headersOf(said: Readonly<Record<string, string>>, page: string | null): string[] {
  const headers = new Map(Object.entries(said).map(([name, value]) => [name.toLowerCase(), value]));
  headers.set('cache-control', 'no-store');
  const ending = /\.([a-z]+)$/.exec(page ?? '')?.[1] ?? '';
  if (page !== null && !headers.has('content-type')) {
    headers.set('content-type', typeOfPage[ending] ?? 'text/html; charset=utf-8');
  }
  return [...headers].flat();
}
