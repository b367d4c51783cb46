import type { Command } from 'commander';
import { readFile } from 'node:fs/promises';
import { text as readStream } from 'node:stream/consumers';
import type { StateFolder } from '../contract/state-folder.ts';
import { writeIdOf } from '../contract/write-keys.ts';
import type { DeadLetterReport, QueueReport, WriteReport } from '../contract/write-report.ts';
import { parseDuration } from '../lib/duration.ts';
import { TurnoutError } from '../lib/errors.ts';
import type { JsonValue } from '../lib/json.ts';
import { addExamples } from './add-examples.ts';
import { askController } from './ask-controller.ts';
import { addSiteOption, addStateOption, existingStateFolder } from './site-options.ts';
import type { StateOptions } from './site-options.ts';
import { askWhy } from './tables/ask-why.ts';
import { renderLetters, renderQueue, renderWrite } from './writes/render-writes.ts';

interface JsonOption extends StateOptions {
  readonly json?: boolean;
}

interface ChangeOptions extends JsonOption {
  readonly why?: string;
  readonly for?: string;
  readonly body?: string;
}

/** `turnout writes`: what waits until its service can take it, and what was set aside. */
export function registerWrites(program: Command): void {
  const group = program
    .command('writes')
    .summary('writes that wait for their service, and those that were set aside')
    .description(
      'A feature whose ladder queues keeps writes while it is down and carries them out in order ' +
        'once it is well. What expired or was refused is set aside and never dropped: look at ' +
        'it, send it again, change it first, or give it up.',
    );
  registerStatus(group);
  registerList(group);
  registerShow(group);
  registerRetry(group);
  registerEdit(group);
  registerDiscard(group);
  registerRotate(group);
  addExamples(group, 'turnout writes status', 'turnout writes list donations.donate');
}

function registerStatus(group: Command): void {
  const command = group
    .command('status', { isDefault: true })
    .summary('how many wait of each feature, and how long')
    .option('--json', 'as JSON, the same as GET /api/writes')
    .action(async (options: JsonOption) => {
      const answer = await askController(existingStateFolder(options), 'GET', '/api/writes');
      print(options, answer, () => renderQueue(answer as unknown as QueueReport));
    });
  addExamples(addStateOption(addSiteOption(command)), 'turnout writes', 'turnout writes --json');
}

function registerList(group: Command): void {
  const command = group
    .command('list')
    .argument('[feature]', 'only those of this feature: donations.donate')
    .summary('those that were set aside, and why')
    .option('--json', 'as JSON')
    .action(async (feature: string | undefined, options: JsonOption) => {
      const query = feature === undefined ? '' : `?feature=${encodeURIComponent(feature)}`;
      const folder = existingStateFolder(options);
      const answer = await askController(folder, 'GET', `/api/writes/dead${query}`);
      const { deadLetters } = answer as unknown as {
        readonly deadLetters: readonly DeadLetterReport[];
      };
      print(options, deadLetters as unknown as JsonValue, () => renderLetters(deadLetters));
    });
  addExamples(addStateOption(addSiteOption(command)), 'turnout writes list donations.donate');
}

function registerShow(group: Command): void {
  const command = group
    .command('show')
    .argument('<write>', 'its id, or the address of its status')
    .summary('how one write stands; of one that was set aside, what it says')
    .description('What it says is somebody’s own: that you looked is in the journal.')
    .option('--json', 'as JSON')
    .action(async (word: string, options: JsonOption) => {
      const folder = existingStateFolder(options);
      const answer = await askController(folder, 'POST', `/api/writes/${idOf(word)}/show`);
      print(options, answer, () => renderWrite(answer as unknown as WriteReport));
    });
  addExamples(
    addStateOption(addSiteOption(command)),
    'turnout writes show wQ3v…',
    'turnout writes show https://marlowe.example/.well-known/turnout/writes/Q3v…',
  );
}

function registerRetry(group: Command): void {
  const command = group
    .command('retry')
    .argument('<writes...>', 'ids of some that were set aside')
    .summary('send them again, in their old place of their order')
    .option('--for <duration>', 'how long they may wait from now on (default: 1d)')
    .option('--why <text>', 'why, for the journal')
    .option('--json', 'as JSON')
    .action(async (words: readonly string[], options: ChangeOptions) => {
      await changeAll(words, options, 'retry', 'will be sent again', waitOf(options));
    });
  addExamples(
    addStateOption(addSiteOption(command)),
    'turnout writes retry wQ3v… --why "the form is mended"',
  );
}

function registerEdit(group: Command): void {
  const command = group
    .command('edit')
    .argument('<write>', 'id of one that was set aside')
    .requiredOption('--body <file>', 'what it shall say instead; - is standard input')
    .summary('send one again with another body')
    .description(
      'It stays the same write with the same key: a service that has done it after all refuses ' +
        'it rather than doing it twice.',
    )
    .option('--for <duration>', 'how long it may wait from now on (default: 1d)')
    .option('--why <text>', 'why, for the journal')
    .option('--json', 'as JSON')
    .action(async (word: string, options: ChangeOptions) => {
      const file = options.body ?? '-';
      const body = file === '-' ? await readStream(process.stdin) : await readBody(file);
      const sent = { ...waitOf(options), body: Buffer.from(body).toString('base64') };
      await changeAll([word], options, 'retry', 'is changed and will be sent again', sent);
    });
  addExamples(
    addStateOption(addSiteOption(command)),
    'turnout writes edit wQ3v… --body gift.json --why "the amount was a typing error"',
  );
}

function registerDiscard(group: Command): void {
  const command = group
    .command('discard')
    .argument('<writes...>', 'ids of some that were set aside')
    .summary('give them up for good')
    .option('--why <text>', 'why, for the journal')
    .option('--json', 'as JSON')
    .action(async (words: readonly string[], options: ChangeOptions) => {
      await changeAll(words, options, 'discard', 'is given up', {});
    });
  addExamples(
    addStateOption(addSiteOption(command)),
    'turnout writes discard wQ3v… --why "given again by telephone"',
  );
}

function registerRotate(group: Command): void {
  const command = group
    .command('rotate-key')
    .summary('seal what is kept from now on with a new key')
    .description('What waits is still opened by the keys before. Workers follow within seconds.')
    .option('--why <text>', 'why, for the journal')
    .option('--json', 'as JSON')
    .action(async (options: ChangeOptions) => {
      const folder = existingStateFolder(options);
      const sent = { why: options.why ?? null };
      const answer = await askController(folder, 'POST', '/api/writes/rotate-key', 10_000, sent);
      const { key } = answer as { readonly key: string };
      print(options, answer, () => `Writes are sealed with the key ${key} from now on.`);
    });
  addExamples(addStateOption(addSiteOption(command)), 'turnout writes rotate-key');
}

async function changeAll(
  words: readonly string[],
  options: ChangeOptions,
  how: 'retry' | 'discard',
  said: string,
  sent: Readonly<Record<string, JsonValue>>,
): Promise<void> {
  const folder: StateFolder = existingStateFolder(options);
  const ids = words.map(idOf);
  const why = await askWhy(options.why, options.json === true || options.body === '-');
  const done: JsonValue[] = [];
  for (const id of ids) {
    const path = `/api/writes/${id}/${how}`;
    done.push(await askController(folder, 'POST', path, 10_000, { ...sent, why }));
    if (options.json !== true) process.stdout.write(`${id} ${said}\n`);
  }
  if (options.json === true) process.stdout.write(`${JSON.stringify(done, null, 2)}\n`);
}

function waitOf({ for: word }: ChangeOptions): Readonly<Record<string, JsonValue>> {
  if (word === undefined) return {};
  const forMs = parseDuration(word);
  if (forMs !== null && forMs > 0) return { for: forMs };
  throw new TurnoutError(
    'duration-invalid',
    `${JSON.stringify(word)} is no duration.`,
    'Write it as 30m, 2h or 7d.',
  );
}

/** Clients know the address of their write, and operators its id; one follows from the other. */
function idOf(word: string): string {
  const token = /\/\.well-known\/turnout\/writes\/([A-Za-z0-9_-]{43})$/.exec(word)?.[1];
  if (token !== undefined) return writeIdOf(token);
  if (/^[A-Za-z0-9._~-]{1,128}$/.test(word)) return word;
  throw new TurnoutError(
    'write-id-invalid',
    `${JSON.stringify(word)} is neither the id of a write nor the address of its status.`,
    'Take it from `turnout writes list`.',
  );
}

async function readBody(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (error) {
    throw new TurnoutError(
      'write-body-unreadable',
      `${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`,
      'Name a file with the whole body, or - for standard input.',
      { cause: error },
    );
  }
}

function print({ json }: JsonOption, value: JsonValue, text: () => string): void {
  process.stdout.write(`${json === true ? JSON.stringify(value, null, 2) : text()}\n`);
}
