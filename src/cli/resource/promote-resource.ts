import { createInterface } from 'node:readline/promises';
import { processLog } from '../../contract/state-folder.ts';
import type { StateFolder } from '../../contract/state-folder.ts';
import { TurnoutError } from '../../lib/errors.ts';
import type { JsonValue } from '../../lib/json.ts';
import { askController } from '../ask-controller.ts';
import { withReason } from '../person.ts';
import { startProgressPrinter } from '../progress-printer.ts';
import type { StateOptions } from '../site-options.ts';

export interface PromoteOptions extends StateOptions {
  readonly yes?: boolean;
  readonly force?: boolean;
  readonly json?: boolean;
  readonly why?: string;
}

/** A primary that does not stop in order is given half a minute, a replica a minute. */
const promotionLimitMs = 5 * 60_000;

/** Has a replica promoted, and asks a person first whether what it may cost is accepted. */
export async function promoteResource(
  folder: StateFolder,
  name: string,
  member: string | null,
  options: PromoteOptions,
): Promise<void> {
  if (options.json && !options.yes) throw needsYes('--json');
  const printer = options.json ? null : startProgressPrinter([processLog(folder, 'controller')]);
  try {
    const outcome = await promote(folder, name, member, options, options.yes === true).catch(
      async (error: unknown) => {
        if (!(error instanceof TurnoutError) || error.code !== 'promotion-not-confirmed')
          throw error;
        if (!(await isAccepted(error.message))) throw error;
        return promote(folder, name, member, options, true);
      },
    );
    const { from, to, inWords } = outcome as { from: string; to: string; inWords: string };
    if (printer === null) process.stdout.write(`${JSON.stringify(outcome, null, 2)}\n`);
    else {
      printer.say(`${to} is the primary. ${inWords}`);
      printer.say(
        `${from} is fenced: \`turnout resource reseed ${name} ${from}\` makes it a replica.`,
      );
    }
  } finally {
    printer?.stop();
  }
}

function promote(
  folder: StateFolder,
  name: string,
  member: string | null,
  options: PromoteOptions,
  acceptLoss: boolean,
): Promise<JsonValue> {
  const query = withReason(new URLSearchParams(), options);
  if (member !== null) query.set('member', member);
  if (options.force === true) query.set('force', '');
  if (acceptLoss) query.set('accept-loss', '');
  const path = `/api/resources/${encodeURIComponent(name)}/promote?${query.toString()}`;
  return askController(folder, 'POST', path, promotionLimitMs);
}

/** Only a person at a terminal can be asked. */
async function isAccepted(message: string): Promise<boolean> {
  if (!process.stdin.isTTY) return false;
  const lines = createInterface({ input: process.stdin, output: process.stdout });
  try {
    const answer = await lines.question(`${message}\nGo on? Type yes: `);
    return answer.trim().toLowerCase() === 'yes';
  } finally {
    lines.close();
  }
}

function needsYes(option: string): TurnoutError {
  return new TurnoutError(
    'option-invalid',
    `${option} leaves nobody to ask whether a loss is accepted.`,
    'Add --yes.',
  );
}
