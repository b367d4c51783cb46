import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { OwnStage } from './stages.ts';

const FIXTURE = join(import.meta.dirname, 'queued-worker.fixture.ts');

/** A worker process that is started anew whenever it has died. */
export class MortalWorker {
  /** Where it serves; 0 while it does not. */
  port = 0;
  deaths = 0;
  #process: ChildProcess | null = null;
  #isOver = false;
  readonly #arguments: readonly string[];

  constructor(folder: string, name: string) {
    this.#arguments = [folder, name];
    this.#start();
  }

  /** It dies at that stage of the next write that comes there. */
  arm(stage: OwnStage | 'none'): void {
    if (this.#process?.connected === true) this.#process.send(stage);
  }

  kill(): void {
    this.#process?.kill('SIGKILL');
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    const child = this.#process;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }

  #start(): void {
    this.#process = fork(FIXTURE, this.#arguments, { execArgv: ['--conditions=turnout-source'] });
    this.#process.on('message', (message: { port: number }) => (this.port = message.port));
    this.#process.on('error', () => undefined);
    this.#process.once('exit', () => {
      this.port = 0;
      this.deaths += 1;
      if (!this.#isOver) this.#start();
    });
  }
}
