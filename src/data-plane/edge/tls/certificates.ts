import { resolve } from 'node:path';
import { createSecureContext, type SecureContext } from 'node:tls';

import type { CertificateState } from '../../../contract/keys.ts';
import type { CertificateFiles, TlsConfiguration } from '../../../derive/worker-configuration.ts';
import type { Log } from '../../../lib/log.ts';
import type { Clock, Timer } from '../../../ports/clock/port.ts';
import { createHostTable, type HostTable } from '../../host-table.ts';
import {
  type GoodPair,
  readPair,
  type RefusedPair,
  replaces,
  signatureOf,
} from './certificate-pair.ts';
import { contextOptions } from './context-options.ts';
import type { KeptPairs } from './kept-pairs.ts';

/** What the site proves its names with, read again whenever its files change. */
export interface Certificates {
  /** From now on these; those that are known already stay as they are. */
  use(configuration: Omit<TlsConfiguration, 'redirectToHttps'>): void;
  /** Whether new connections may speak HTTP/2. */
  readonly offersHttp2: boolean;
  /** Resolves when all files have been read that are to be read so far. */
  settled(): Promise<void>;
  /** What to show for a name that a client asks for; undefined where it is the default. */
  contextFor(name: string): SecureContext | undefined;
  /** For clients that name no host, or an unknown one; null where no pair is good. */
  readonly fallback: GoodPair | null;
  onChange(listener: () => void): void;
  states(): readonly CertificateState[];
  close(): void;
}

export interface CertificatesParts {
  readonly siteDirectory: string;
  readonly kept: KeptPairs;
  readonly clock: Clock;
  readonly log: Log;
}

/** Polled, because what a path leads to is exchanged by symbolic links that no watch sees. */
const POLL_MS = 1_000;

interface Served {
  files: CertificateFiles;
  /** What the files looked like when they were last judged. */
  judged: string | null;
  /** What they looked like at the last poll: taken only once it is the same twice. */
  seen: string | null;
  good: { readonly pair: GoodPair; readonly context: SecureContext } | null;
  refused: (RefusedPair & { readonly sinceMs: number }) | null;
}

export function createCertificates(parts: CertificatesParts): Certificates {
  return new FileCertificates(parts);
}

class FileCertificates implements Certificates {
  offersHttp2 = true;
  readonly #parts: CertificatesParts;
  readonly #timer: Timer;
  #served: readonly Served[] = [];
  #byName: HostTable<SecureContext> = createHostTable([]);
  readonly #listeners: (() => void)[] = [];
  #work: Promise<void> = Promise.resolve();

  constructor(parts: CertificatesParts) {
    this.#parts = parts;
    this.#timer = parts.clock.every(POLL_MS, () => this.#then(() => this.#poll()));
  }

  use({ certificates, http2 }: Omit<TlsConfiguration, 'redirectToHttps'>): void {
    this.offersHttp2 = http2;
    const before = new Map(this.#served.map((served) => [keyOf(served.files), served]));
    this.#served = certificates.map((files) => {
      const known = before.get(keyOf(files));
      if (known === undefined) return fresh(files);
      before.delete(keyOf(files));
      known.files = files;
      return known;
    });
    this.#then(() => this.#read(this.#served.filter(({ judged }) => judged === null)));
  }

  settled(): Promise<void> {
    return this.#work;
  }

  contextFor(name: string): SecureContext | undefined {
    return this.#byName.find(name);
  }

  get fallback(): GoodPair | null {
    return this.#served.find(({ good }) => good !== null)?.good?.pair ?? null;
  }

  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }

  states(): readonly CertificateState[] {
    return this.#served.map(({ files: { certificate, key }, good, refused }) => ({
      certificate,
      key,
      names: good === null ? [] : [...good.pair.facts.names],
      fingerprint: good?.pair.facts.fingerprint ?? null,
      notAfterMs: good?.pair.facts.notAfterMs ?? null,
      refused,
    }));
  }

  close(): void {
    this.#timer.cancel();
  }

  /** One piece of work after the other, so that none sees half of another's. */
  #then(work: () => Promise<void>): void {
    this.#work = this.#work.then(work).catch((error: unknown) => {
      this.#parts.log.error('Certificates could not be read', { error: String(error) });
    });
  }

  async #poll(): Promise<void> {
    const changed: Served[] = [];
    for (const served of this.#served) {
      const signature = await signatureOf(served.files, this.#locate);
      // Two files are exchanged one after the other: what still moves is not judged yet.
      if (signature !== served.judged && signature === served.seen) changed.push(served);
      served.seen = signature;
    }
    if (changed.length > 0) await this.#read(changed);
  }

  async #read(which: readonly Served[]): Promise<void> {
    for (const served of which) await this.#readOne(served);
    this.#byName = createHostTable(
      this.#served.flatMap(({ files, good }) =>
        good === null
          ? []
          : (files.hosts.length > 0 ? files.hosts : good.pair.facts.names).map(
              (name) => [name, good.context] as const,
            ),
      ),
    );
    this.#parts.kept.keep(
      this.#served.flatMap(({ files, good }) =>
        good === null ? [] : [{ files, pair: good.pair }],
      ),
    );
    for (const listener of this.#listeners) listener();
  }

  async #readOne(served: Served): Promise<void> {
    const { clock, log, kept } = this.#parts;
    const { certificate } = served.files;
    const signature = await signatureOf(served.files, this.#locate);
    if (served.judged === null) {
      const pair = kept.find(served.files);
      if (pair !== null) served.good = { pair, context: contextOf(pair) };
    }
    served.judged = signature;
    served.seen = signature;
    const reading = await readPair(served.files, this.#locate);
    const refuse = (refused: RefusedPair): void => {
      served.refused = { ...refused, sinceMs: clock.nowMs() };
      log.error('A certificate was refused', { ...refused });
    };
    if (reading.kind === 'refused') return refuse(reading.refused);
    const inForce = served.good?.pair ?? null;
    const verdict = replaces(reading.pair, inForce, clock.nowMs());
    if (!verdict.yes) return refuse({ file: certificate, why: verdict.why });
    served.refused = null;
    if (isSame(reading.pair, inForce)) return;
    served.good = { pair: reading.pair, context: contextOf(reading.pair) };
    const { names, notAfterMs } = reading.pair.facts;
    log.info('A certificate is in force', {
      certificate,
      names,
      until: new Date(notAfterMs).toISOString(),
    });
  }

  readonly #locate = (path: string): string => resolve(this.#parts.siteDirectory, path);
}

function isSame(pair: GoodPair, other: GoodPair | null): boolean {
  return pair.certificatePem === other?.certificatePem && pair.keyPem === other.keyPem;
}

function fresh(files: CertificateFiles): Served {
  return { files, judged: null, seen: null, good: null, refused: null };
}

function keyOf({ certificate, key }: CertificateFiles): string {
  return JSON.stringify([certificate, key]);
}

function contextOf({ certificatePem, keyPem }: GoodPair): SecureContext {
  return createSecureContext({ ...contextOptions, cert: certificatePem, key: keyPem });
}
