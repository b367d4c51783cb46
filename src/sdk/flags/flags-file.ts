import { readFileSync, watch, type FSWatcher } from 'node:fs';
import { basename, dirname } from 'node:path';
import { FlagdCore } from '@openfeature/flagd-core';
import type { Logger } from '@openfeature/core';
import { log } from '../log.ts';

/** For what a watch cannot see (a folder that came later, some mounts). */
const LOOK_EVERY_MS = 2_000;

/** The evaluator says nothing by itself: a flag that is not there is what fallbacks are for. */
const silent: Logger = {
  error: () => undefined,
  warn: () => undefined,
  info: () => undefined,
  debug: () => undefined,
};

/**
 * A file of flags in flagd's format, followed for as long as the process lives. A file that cannot
 * be read or is not valid changes nothing: what was read last stays in force, and the log says so.
 */
export class FlagsFile {
  readonly #path: string;
  readonly #timer: NodeJS.Timeout;
  #watching: FSWatcher | null = null;
  #text: string | null = null;
  #core: FlagdCore | null = null;

  constructor(path: string) {
    this.#path = path;
    this.#read();
    this.#watch();
    this.#timer = setInterval(() => {
      this.#read();
      this.#watch();
    }, LOOK_EVERY_MS);
    this.#timer.unref();
  }

  /** What is in force; null while no good file was ever read. */
  get core(): FlagdCore | null {
    return this.#core;
  }

  close(): void {
    clearInterval(this.#timer);
    this.#watching?.close();
  }

  /** The folder, for the file is replaced as a whole and a watch of it would follow the old one. */
  #watch(): void {
    if (this.#watching !== null) return;
    try {
      const watching = watch(dirname(this.#path), { persistent: false }, (_, name) => {
        if (name === null || name === basename(this.#path)) this.#read();
      });
      this.#watching = watching;
      watching.once('error', () => {
        watching.close();
        this.#watching = null;
      });
    } catch {
      // The folder is not there yet, or watches have run out: the timer looks on.
    }
  }

  #read(): void {
    let text: string;
    try {
      text = readFileSync(this.#path, 'utf8');
    } catch {
      return;
    }
    if (text === this.#text) return;
    this.#text = text;
    try {
      const core = new FlagdCore(undefined, silent, { disableDynamicCodeGeneration: true });
      core.setConfigurations(text);
      this.#core = core;
    } catch (error) {
      log.error('the flags are refused, and those before stay in force', {
        file: this.#path,
        reason: error instanceof Error ? error.message : String(error),
      });
    }
  }
}
