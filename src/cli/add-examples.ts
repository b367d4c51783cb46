import type { Command } from 'commander';

/** Ends the help of a command with command lines that a reader may copy. */
export function addExamples(command: Command, ...lines: readonly string[]): Command {
  return command.addHelpText(
    'after',
    ['\nExamples:', ...lines.map((line) => `  ${line}`)].join('\n'),
  );
}
