import { spawn } from 'node:child_process';
import { TurnoutError } from '../lib/errors.ts';
import { stateFolder } from '../contract/state-folder.ts';
import { version } from '../lib/version.ts';
import { onKeeperSignals } from './keeper-signals.ts';
import { runKeeper } from './run-keeper.ts';
import type { KeeperRequest, RunningKeeper } from './run-keeper.ts';
import type { TakeOver } from './take-over-lock.ts';

/** What a detached keeper tells the command that started it, once. */
export type KeeperReport =
  | { readonly kind: 'keeping' }
  | {
      readonly kind: 'refused';
      readonly code: string;
      readonly message: string;
      readonly remedy: string;
    };

/** How a detached keeper takes over from the one that runs. */
export type Succession = TakeOver & {
  /** The program of the keeper before, to hand the site back to; null where it is not known. */
  readonly handBackTo: string | null;
};

// A keeper that runs on after its command has ended: `keeper-process FOLDER REQUEST [SUCCESSION]`,
// with an IPC channel until it reports.
const [root = '', request = '{}', succession = 'null'] = process.argv.slice(2);

/** Resolves once it was said, or there is nobody to say it to. */
const report = (message: KeeperReport): Promise<void> =>
  new Promise((resolve) => {
    if (process.send === undefined) return resolve();
    process.send(message, () => {
      process.disconnect?.();
      resolve();
    });
  });

const refuse = ({ code, message, remedy }: TurnoutError): Promise<void> =>
  report({ kind: 'refused', code, message, remedy });

try {
  const takeOver = JSON.parse(succession) as Succession | null;
  const keeper = await runKeeper(stateFolder(root), JSON.parse(request) as KeeperRequest, takeOver);
  process.title = `turnout keeper (${keeper.settings.site})`;
  onKeeperSignals(keeper, () => undefined);
  if (takeOver === null) await report({ kind: 'keeping' });
  else await succeed(keeper, takeOver);
} catch (error) {
  if (!(error instanceof TurnoutError)) throw error;
  await refuse(error);
}

/** Reports once all is replaced; where something is not, the site goes back to who had it. */
async function succeed(keeper: RunningKeeper, { handBackTo }: Succession): Promise<void> {
  const replaced = await keeper.outdatedReplaced;
  if (replaced.kind === 'done') return report({ kind: 'keeping' });
  const what = `${replaced.id} of Turnout ${version} did not come up`;
  const log = `its log says why: \`turnout logs --process ${replaced.id}\``;
  if (handBackTo === null) {
    return refuse(
      new TurnoutError(
        'upgrade-failed',
        `${what}; what ran before serves on, kept by the keeper of this Turnout.`,
        `Run \`turnout upgrade --force\` with the Turnout that ran before; ${log}.`,
      ),
    );
  }
  await keeper.letGo();
  spawn(process.execPath, [handBackTo, root, request], {
    cwd: root,
    detached: true,
    stdio: ['ignore', 'inherit', 'inherit'],
  }).unref();
  await refuse(
    new TurnoutError(
      'upgrade-failed',
      `${what}; what ran before serves on, and the site is back with its keeper.`,
      `Mend it and run \`turnout upgrade\` again; ${log}.`,
    ),
  );
  process.exit(1);
}
