import { cp, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { runCommand, type CommandResult } from '../../support/run-command.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const repository = resolve(import.meta.dirname, '../../..');
const limitMs = 120_000;

/** A Turnout of another version in a folder of its own: a copy of this one's package. */
export interface AnotherTurnout {
  readonly directory: string;
  run(...words: string[]): Promise<CommandResult>;
}

/** `changes` replaces files of the copy, by path. */
export async function anotherTurnout(
  version: string,
  changes: Readonly<Record<string, string>> = {},
): Promise<AnotherTurnout> {
  const directory = join(await temporaryFolder('version'), 'turnout');
  await mkdir(directory);
  for (const part of ['src', 'bin', 'templates']) {
    await cp(join(repository, part), join(directory, part), { recursive: true });
  }
  await symlink(join(repository, 'node_modules'), join(directory, 'node_modules'));
  const manifest = JSON.parse(await readFile(join(repository, 'package.json'), 'utf8')) as object;
  await writeFile(join(directory, 'package.json'), JSON.stringify({ ...manifest, version }));
  for (const [path, text] of Object.entries(changes)) await writeFile(join(directory, path), text);
  return { directory, run: (...words) => run(join(directory, 'bin/turnout.js'), words) };
}

function run(program: string, words: readonly string[]): Promise<CommandResult> {
  const ports = { PORT: '0', HTTPS_PORT: '0', INTERNAL_PORT: '0', CONSOLE_PORT: '0' };
  const env = { ...process.env, ...ports, TURNOUT_STATE: '', NO_COLOR: '1' };
  return runCommand(process.execPath, [program, ...words], { env, limitMs });
}
