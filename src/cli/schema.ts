import { Argument, type Command } from 'commander';
import { toJsonSchema } from '../manifest/json-schema/to-json-schema.ts';
import { annotatedManifest } from '../manifest/reference/annotated.ts';
import { kindNames, type ManifestKind } from '../manifest/schema/kinds.ts';

/**
 * `turnout schema KIND`: the JSON Schema of a manifest, for editors, or its annotated file, for
 * people.
 */
export function registerSchema(program: Command): void {
  program
    .command('schema')
    .summary('the JSON Schema of a manifest, or its annotated file')
    .description('Prints the JSON Schema of a manifest, or its annotated file.')
    .addArgument(new Argument('<kind>', 'which manifest').choices(kindNames))
    .option('--annotated', 'print the annotated file: every key with its meaning')
    .addHelpText(
      'after',
      `
Examples:
  turnout schema service > service.schema.json
  turnout schema service --annotated | less

An editor with the YAML language server checks a manifest as it is typed when its first line is
  # yaml-language-server: $schema=service.schema.json`,
    )
    .action((kind: ManifestKind, options: { readonly annotated?: boolean }) => {
      const text =
        options.annotated === true
          ? annotatedManifest(kind)
          : `${JSON.stringify(toJsonSchema(kind), null, 2)}\n`;
      process.stdout.write(text);
    });
}
