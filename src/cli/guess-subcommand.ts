import type { Command } from 'commander';
import { nearestName } from '../lib/nearest-name.ts';

/**
 * Makes a group of commands that does something by itself, or has a command it does where none is
 * named, answer a word it does not know by a guess, as the others do; as it is, commander counts
 * that word as an argument too many. For what takes no arguments.
 */
export function guessSubcommand(group: Command): void {
  if (group.commands.length === 0) return;
  for (const command of [group, ...group.commands]) {
    if (command.registeredArguments.length > 0) continue;
    command.allowExcessArguments().hook('preAction', (_, acting) => {
      const [word] = acting.args;
      if (acting !== command || word === undefined) return;
      const isNamed = command !== group && group.args[0] === command.name();
      if (isNamed) tooMany(command);
      else unknown(group, word);
    });
  }
}

function unknown(group: Command, word: string): never {
  const names = group.commands.map((command) => command.name());
  const near = nearestName(word, names);
  const guess = near === null ? '' : `\n(Did you mean ${near}?)`;
  group.error(`error: unknown command '${word}'${guess}`, { code: 'commander.unknownCommand' });
}

function tooMany(command: Command): never {
  const { args } = command;
  const got = `Expected 0 arguments but got ${args.length}: ${args.join(', ')}.`;
  const message = `error: too many arguments for '${command.name()}'. ${got}`;
  command.error(message, { code: 'commander.excessArguments' });
}
