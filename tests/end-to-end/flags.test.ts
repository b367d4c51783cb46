import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { askController } from '../../src/cli/ask-controller.ts';
import type { FlagStatus } from '../../src/contract/flag-status.ts';
import type { JournalEntry } from '../../src/ports/journal/port.ts';
import { createSite, type TestSite } from '../support/site-harness.ts';
import { tinySite } from '../support/tiny-site.ts';
import { WorkerConnections } from '../support/worker-connections.ts';

const client = '127.0.0.1';

/** Says what it sees of the flags. */
const server = `
import { createServer } from 'node:http';
import { flag, value } from 'turnout/sdk';

createServer((request, response) => {
  const everything = value('hello.everything', 'none');
  const own = { goal: value('goal', 0), board: flag('board', false), everything };
  response.end(JSON.stringify(own));
}).listen(Number(process.env.PORT), process.env.HOST);
process.on('SIGTERM', () => process.exit(0));
`;

function flagsFile(everything: string, goal = 'first'): string {
  return `# What can be switched while the site runs.
flags:
  hello.everything:
    variants: { "on": on, shut: closed }
    defaultVariant: ${everything}
    metadata: { why: a test }
  goal:
    variants: { first: 500, second: 900 }
    defaultVariant: ${goal}
`;
}

let site: TestSite;
let workers: WorkerConnections;

before(async () => {
  site = await createSite({ ...tinySite({ instances: 1, server }), 'flags.yaml': flagsFile('on') });
  await site.up();
  await site.until('the service is there', (now) => now.services[0]?.healthy === 1);
  workers = await WorkerConnections.toAll(site, 2);
});
after(async () => {
  workers.close();
  await site.close();
});

async function run(...words: readonly [string, ...string[]]): Promise<string> {
  const { code, stdout, stderr } = await site.run(...words);
  assert.equal(code, 0, stderr);
  return stdout;
}

async function flags(): Promise<ReadonlyMap<string, FlagStatus>> {
  const shown = JSON.parse(await run('flags', '--json')) as readonly FlagStatus[];
  return new Map(shown.map((flag) => [flag.name, flag]));
}

async function edit(text: string): Promise<void> {
  const file = join(site.directory, 'flags.yaml');
  await writeFile(`${file}.new`, text);
  await rename(`${file}.new`, file);
}

async function history(...words: readonly string[]): Promise<readonly JournalEntry[]> {
  return JSON.parse(await run('flags', 'history', '--json', ...words)) as readonly JournalEntry[];
}

test('a saved edit is in force on workers and in services, and is in the history', async () => {
  await workers.until(client, 200, 10_000);
  await edit(flagsFile('shut', 'second'));
  await workers.until(client, 503, 10_000);
  await edit(flagsFile('on', 'second'));
  await workers.until(client, 200, 10_000);
  await workers.untilHolds('/', '"goal":900', 10_000);
  const shown = await flags();
  assert.equal(shown.get('goal')?.value, 900);
  assert.equal(shown.get('goal')?.from, 'flags.yaml');
  assert.match(shown.get('goal')?.who ?? '', /^flags\.yaml, of /);
  assert.equal(shown.get('hello.everything')?.why, 'a test');
  const told = await run('flags', 'history', 'hello.everything');
  assert.match(told, /hello\.everything: on became closed, by flags\.yaml, of /);
  assert.doesNotMatch(told, /goal/);
});

test('a bad edit changes nothing, and is told with its line and what to do', async () => {
  await edit(flagsFile('shout', 'first'));
  const { notes } = await site.until('it is refused', (now) =>
    now.notes.some(({ code }) => code === 'flags-refused'),
  );
  const note = notes.find(({ code }) => code === 'flags-refused');
  assert.match(
    note?.message ?? '',
    /no variant “shout”[^]*flags\.yaml:5:21[^]*Name one of on, shut/,
  );
  await workers.untilHolds('/', '"goal":900', 10_000);
  assert.equal((await history()).at(-1)?.kind, 'flags.refused');
  const checked = await site.run('flags', 'check', join(site.directory, 'flags.yaml'));
  assert.equal(checked.code, 1);
  assert.match(checked.stderr, /no variant “shout”/);
  await edit(flagsFile('on', 'first'));
  await workers.untilHolds('/', '"goal":500', 10_000);
  await site.until('the alert is gone', (now) =>
    now.notes.every((n) => n.code !== 'flags-refused'),
  );
  assert.match(
    await run('flags', 'check', join(site.directory, 'flags.yaml')),
    /is right: 2 flags/,
  );
});

test('what is set by hand holds over the file until its end; the file stays as it is', async () => {
  const before = readFileSync(join(site.directory, 'flags.yaml'), 'utf8');
  const said = await run(
    'flags',
    'set',
    'hello.everything',
    'closed',
    '--for',
    '2h',
    '--why',
    'hot',
  );
  assert.match(said, /^hello\.everything is closed until .* \(2h\); before: on\n/);
  await workers.until(client, 503, 10_000);
  const closed = (await flags()).get('hello.everything');
  assert.deepEqual([closed?.from, closed?.why, closed?.default], ['hand', 'hot', 'on']);
  assert.match(closed?.who ?? '', /^cli/);
  assert.match(await run('flags'), /hello\.everything +closed +on +set by hand .* hot\n/);
  assert.match(await run('flags', 'show', 'hello.everything'), /can be +on, closed, shut, "slow/);
  const page = await (await fetch(`${await site.console()}/flags`)).text();
  assert.match(page, /1 flag is not as usual[^]*hello\.everything[^]*set by hand[^]*hot/);
  const again = await run('flags', 'set', 'hello.everything', 'slow 20ms', '--why', 'less');
  assert.match(again, /is slow 20ms; before: closed, set by cli:\S+: hot/);
  await workers.until(client, 200, 10_000);
  await workers.untilHolds('/', '"everything":"slow 20ms"', 10_000);
  await run('flags', 'unset', 'hello.everything', '--why', 'well again');
  await workers.untilHolds('/', '"everything":"on"', 10_000);
  assert.equal(readFileSync(join(site.directory, 'flags.yaml'), 'utf8'), before);
  const kinds = (await history('hello.everything')).map(({ kind, why }) => `${kind} ${why}`);
  assert.deepEqual(kinds.slice(-3), ['flags.set hot', 'flags.set less', 'flags.unset well again']);
});

test('the API sets and takes back, and refuses what it does not understand', async () => {
  const ask = (body: object): Promise<unknown> =>
    askController(site.folder, 'POST', '/api/flags', 10_000, body as never);
  await ask({ set: 'goal', value: 'second', for: 60_000, why: 'api' });
  await workers.untilHolds('/', '"goal":900', 10_000);
  await ask({ unset: 'goal' });
  await workers.untilHolds('/', '"goal":500', 10_000);
  await assert.rejects(ask({ set: 'gaol', value: 'second' }), { code: 'flag-unknown' });
  await assert.rejects(ask({ set: 'goal', value: 'secnd' }), { code: 'flag-value-invalid' });
  await assert.rejects(ask({ set: 'goal' }), { code: 'body-invalid' });
  await assert.rejects(ask({ set: 'goal', value: 'second', until: 1 }), { code: 'body-invalid' });
  await assert.rejects(ask({ unset: 'goal' }), { code: 'flag-not-set' });
});

test('bad words are refused with what would do', async () => {
  for (const [words, message] of [
    [['set', 'hello.everythin', 'closed'], /flag-unknown: .*Did you mean hello\.everything/],
    [['set', 'hello.everything', 'clsoed'], /flag-value-invalid: .*Did you mean closed/],
    [['set', 'hello.everything', 'stale'], /flag-value-invalid: [^]*Say one of on, closed, shut/],
    [['set', 'goal', 'third'], /flag-value-invalid: [^]*first, second, or add --value/],
    [['set', 'goal', '700', '--for', 'ever'], /option-invalid/],
    [['unset', 'goal'], /flag-not-set/],
    [['show', 'gaol'], /flag-unknown: .*Did you mean goal/],
    [['check', 'nowhere.yaml'], /flags-unreadable/],
  ] as const) {
    const { code, stderr } = await site.run('flags', ...words);
    assert.equal(code, 1, words.join(' '));
    assert.match(stderr, message);
  }
});

test('a switch works with the keeper and the controller dead', async () => {
  for (const id of ['keeper', 'controller']) process.kill(await site.pid(id), 'SIGKILL');
  await run('flags', 'set', 'hello.everything', 'closed', '--why', 'nobody is there');
  await workers.until(client, 503, 10_000);
  await run('flags', 'set', 'goal', 'second', '--why', 'nobody is there');
  await run('flags', 'unset', 'hello.everything');
  await workers.untilHolds('/', '"goal":900', 10_000);
  // What is edited meanwhile counts as soon as there is a controller again.
  await edit(flagsFile('shut'));
  await site.up();
  await workers.until(client, 503, 20_000);
  await workers.until(client, 503, 10_000);
  await run('flags', 'unset', 'goal');
  await edit(flagsFile('on'));
  await workers.untilHolds('/', '"goal":500', 20_000);
});
