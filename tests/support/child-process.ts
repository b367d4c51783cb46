import { fork } from 'node:child_process';
import { once } from 'node:events';
import { after } from 'node:test';

/** What a child says: a word, and what belongs to it. */
export interface ChildMessage {
  readonly kind: string;
  readonly [detail: string]: unknown;
}

/** A process of a test's own, which ends with the test however that goes. */
export interface TestChild {
  readonly pid: number;
  /** All it has said so far. */
  readonly messages: readonly ChildMessage[];
  tell(message: string): void;
  /**
   * Resolves with the first message of that kind, said already or to come; rejects when it exits.
   */
  says(kind: string): Promise<ChildMessage>;
  signal(signal: NodeJS.Signals): void;
  /** Resolves with its exit code, or the signal that ended it. */
  exited(): Promise<number | NodeJS.Signals>;
}

/** Starts `script` (a file in tests/support) with the given role and setting as its arguments. */
export function startChild(script: string, role: string, setting: object): TestChild {
  const path = new URL(script, import.meta.url);
  const child = fork(path, [role, JSON.stringify(setting)], { stdio: 'inherit' });
  const messages: ChildMessage[] = [];
  child.on('message', (message) => messages.push(message as ChildMessage));
  const exit = once(child, 'exit').then(([code, signal]) => (code ?? signal) as number);
  after(async () => {
    child.kill('SIGKILL');
    await exit;
  });
  return {
    pid: Number(child.pid),
    messages,
    tell: (message) => child.send(message),
    async says(kind) {
      for (;;) {
        const found = messages.find((message) => message.kind === kind);
        if (found) return found;
        const gone = exit.then((how) => {
          throw new Error(`the child (${role}) ended with ${how} before it said ${kind}`);
        });
        await Promise.race([once(child, 'message'), gone]);
      }
    },
    signal: (signal) => child.kill(signal),
    exited: () => exit,
  };
}
