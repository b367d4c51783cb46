import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomically } from '../../../lib/atomic-file.ts';
import type { PositionSample } from './possible-loss.ts';

const sampleEveryMs = 1_000;
const keptSamples = 600;

/**
 * Where the primary's log was when, for the last ten minutes in which something was written: kept
 * on disk, so that it can be told what a lost primary may have taken with it.
 */
export class PositionLog {
  #samples: readonly PositionSample[] = [];
  readonly #file: string;

  constructor(folder: string) {
    this.#file = join(folder, 'positions.json');
  }

  /** Oldest first. */
  get samples(): readonly PositionSample[] {
    return this.#samples;
  }

  async open(): Promise<void> {
    const text = await readFile(this.#file, 'utf8').catch(() => '[]');
    try {
      this.#samples = JSON.parse(text) as readonly PositionSample[];
    } catch {
      this.#samples = [];
    }
  }

  /** Keeps one a second, and of a primary that writes nothing the last only. */
  async add(sample: PositionSample): Promise<void> {
    const last = this.#samples.at(-1);
    if (last !== undefined && sample.atMs - last.atMs < sampleEveryMs) return;
    const kept = last?.lsn === sample.lsn ? this.#samples.slice(0, -1) : this.#samples;
    this.#samples = [...kept, sample].slice(-keptSamples);
    if (last?.lsn !== sample.lsn) await this.#write();
  }

  /** Forgets the primary that was. */
  async begin(): Promise<void> {
    this.#samples = [];
    await this.#write();
  }

  #write(): Promise<void> {
    return writeFileAtomically(this.#file, JSON.stringify(this.#samples));
  }
}
