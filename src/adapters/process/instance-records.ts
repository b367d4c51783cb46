import { mkdir, readFile, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryName } from '../../lib/atomic-file.ts';
import { readJsonFile } from '../../lib/json-file.ts';
import { parseProcessIdentity } from '../../lib/process-identity.ts';
import type { ProcessIdentity } from '../../lib/process-identity.ts';
import type { InstanceExit, InstanceSpec } from '../../ports/driver/port.ts';

/**
 * What an instance was meant to be, written before there is a process. Never its environment: that
 * holds secrets.
 */
export interface Intent extends Omit<InstanceSpec, 'environment'> {
  readonly startedAtMs: number;
  /** Which boot of the machine: start ticks mean nothing in another. */
  readonly boot: string;
}

/** Whether its process registered: `pending` may still do so, `void` never will. */
export type Registration =
  | { readonly kind: 'pending' }
  | { readonly kind: 'void' }
  | { readonly kind: 'registered'; readonly process: ProcessIdentity };

export interface InstanceRecord {
  readonly intent: Intent;
  readonly registration: Registration;
  /** Null while it runs, and for ever when nobody saw it end. */
  readonly exit: InstanceExit | null;
}

const bootFile = '/proc/sys/kernel/random/boot_id';
const intentFile = 'intent.json';
const exitFile = 'exit.json';
/** No start is that slow. */
const halfMadeMs = 60_000;
const voidMark = 'void\n';

/** The boot of the machine that we are in. */
export function currentBoot(): string {
  return readFileSync(bootFile, 'utf8').trim();
}

/**
 * A folder with one folder per instance: `intent.json` by the driver before the process exists,
 * `process` by the process itself as its first act, `exit.json` by the driver that saw it end,
 * `code` by one that keeps its exit. So a driver killed at any point leaves no process that its
 * successor cannot find.
 *
 * Nothing is synced to disk: what is written survives every process, and a power cut ends all that
 * the records are about.
 */
export class InstanceRecords {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /**
   * The file in which the process registers: created exclusively, so that `process` and `void`
   * exclude each other.
   */
  processFile(id: string): string {
    return join(this.#folder, id, 'process');
  }

  /** The file in which one that keeps its exit writes its code. */
  codeFile(id: string): string {
    return join(this.#folder, id, 'code');
  }

  /** Keeps the intent, all of it or nothing; false when there is an instance of that id already. */
  async create(intent: Intent): Promise<boolean> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    const fresh = join(this.#folder, temporaryName(intent.id));
    await mkdir(fresh, { mode: 0o700 });
    await writeFile(join(fresh, intentFile), JSON.stringify(intent), { mode: 0o600 });
    try {
      await rename(fresh, join(this.#folder, intent.id));
      return true;
    } catch (error) {
      await rm(fresh, { recursive: true, force: true });
      const code = (error as NodeJS.ErrnoException).code;
      if (code === 'EEXIST' || code === 'ENOTEMPTY') return false;
      throw error;
    }
  }

  /** The record; null when there is none, or a power cut has left only part of it. */
  async read(id: string): Promise<InstanceRecord | null> {
    const folder = join(this.#folder, id);
    const intent = readJsonFile(join(folder, intentFile)) as Intent | null;
    if (intent === null) return null;
    return {
      intent,
      registration: readRegistration(await readIfThere(this.processFile(id))),
      exit:
        (readJsonFile(join(folder, exitFile)) as InstanceExit | null) ??
        readCode(await readIfThere(this.codeFile(id))),
    };
  }

  /**
   * Bars a process that has not registered yet from ever doing so; false when it has registered
   * meanwhile.
   */
  async makeVoid(id: string): Promise<boolean> {
    try {
      await writeFile(this.processFile(id), voidMark, { flag: 'wx', mode: 0o600 });
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
      throw error;
    }
  }

  async writeExit(id: string, exit: InstanceExit): Promise<void> {
    try {
      const fresh = join(this.#folder, id, temporaryName(exitFile));
      await writeFile(fresh, JSON.stringify(exit), { mode: 0o600 });
      await rename(fresh, join(this.#folder, id, exitFile));
    } catch (error) {
      // Forgotten while it was ending: then nobody wants to know.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }

  /** Of every instance; removes on the way what a killed driver left half made. */
  async ids(): Promise<readonly string[]> {
    const names = await readdir(this.#folder).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return [];
      throw error;
    });
    for (const name of names) if (name.startsWith('.')) await this.#removeIfOld(name);
    return names.filter((name) => !name.startsWith('.')).sort();
  }

  async #removeIfOld(name: string): Promise<void> {
    const found = await stat(join(this.#folder, name)).catch(() => null);
    if (found !== null && found.mtimeMs < Date.now() - halfMadeMs) await this.remove(name);
  }

  async remove(id: string): Promise<void> {
    await rm(join(this.#folder, id), { recursive: true, force: true });
  }
}

function readRegistration(text: string | null): Registration {
  if (text === null || text === '') return { kind: 'pending' };
  if (text === voidMark) return { kind: 'void' };
  const process = parseProcessIdentity(text);
  return process === null ? { kind: 'pending' } : { kind: 'registered', process };
}

function readCode(text: string | null): InstanceExit | null {
  return text !== null && /^\d+\n$/.test(text) ? { code: Number(text), signal: null } : null;
}

async function readIfThere(file: string): Promise<string | null> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
