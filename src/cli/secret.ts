import type { Command } from 'commander';
import { checkSecretName } from '../ports/secrets/limits.ts';
import { addExamples } from './add-examples.ts';
import { loadSite } from './load-site.ts';
import { listSecrets, renderSecrets } from './secret/list-secrets.ts';
import { addSecretOptions, openSecrets } from './secret/open-secrets.ts';
import type { SecretOptions } from './secret/open-secrets.ts';
import { readSecretValue } from './secret/read-secret-value.ts';
import { rotateKey, rotateSecret, secretUnknown } from './secret/rotate-secrets.ts';
import { secretKey } from './secret/secret-key.ts';
import type { SecretKeyOptions } from './secret/secret-key.ts';

interface ValueOptions extends SecretOptions {
  readonly fromFile?: string;
}

const rollsIn = 'A site that is up rolls it in by itself, one share of the instances at a time.\n';
const fromFile = ['--from-file <file>', 'the value is the whole of this file'] as const;

/** `turnout secret`: what services are given at their start and nothing keeps in the open. */
export function registerSecret(program: Command): void {
  const group = program
    .command('secret')
    .summary('set, list and rotate secrets')
    .description(
      'Secrets are kept in secrets.age beside site.yaml, encrypted with age to a key outside of ' +
        'the site. Values are read from standard input or a prompt, and never shown.',
    );
  registerSet(group);
  registerList(group);
  registerRotate(group);
  registerDelete(group);
  registerKey(group);
  addExamples(group, 'turnout secret set PROCESSOR_KEY', 'turnout secret list --json');
}

function registerSet(group: Command): void {
  const command = group
    .command('set')
    .argument('<name>', 'such as PROCESSOR_KEY')
    .summary('set or replace a secret')
    .option(...fromFile)
    .action(async (name: string, options: ValueOptions) => {
      // Before anything is asked for.
      checkSecretName(name);
      const { secrets } = await openSecrets(options);
      await secrets.file.set(name, await readSecretValue(name, options.fromFile));
      process.stdout.write(`${name} is set. ${rollsIn}`);
    });
  addExamples(
    addSecretOptions(command),
    'turnout secret set PROCESSOR_KEY',
    'pass show processor | turnout secret set PROCESSOR_KEY',
    'turnout secret set PROCESSOR_CERTIFICATE --from-file processor.pem',
  );
}

function registerList(group: Command): void {
  const command = group
    .command('list')
    .summary('which there are, where each comes from, which are missing')
    .option('--json', 'as JSON')
    .action(async (options: SecretOptions & { readonly json?: boolean }) => {
      const listed = await listSecrets(await openSecrets(options));
      const text = options.json ? `${JSON.stringify(listed, null, 2)}\n` : renderSecrets(listed);
      process.stdout.write(text);
    });
  addExamples(addSecretOptions(command), 'turnout secret list', 'turnout secret list --json');
}

function registerRotate(group: Command): void {
  const command = group
    .command('rotate')
    .argument('[name]', 'one secret; without it, the key of the site')
    .summary('a new key for the site, or a new value for one secret')
    .option(...fromFile)
    .action(async (name: string | undefined, options: ValueOptions) => {
      const opened = await openSecrets(options);
      if (name === undefined) {
        process.stdout.write(await rotateKey(opened));
        return;
      }
      await rotateSecret(opened, name, options.fromFile);
      process.stdout.write(`${name} has a new value. ${rollsIn}`);
    });
  addExamples(
    addSecretOptions(command),
    'turnout secret rotate',
    'turnout secret rotate SESSION_KEY',
  );
}

function registerDelete(group: Command): void {
  const command = group
    .command('delete')
    .argument('<name>', 'such as PROCESSOR_KEY')
    .summary('forget a secret')
    .action(async (name: string, options: SecretOptions) => {
      const { secrets } = await openSecrets(options);
      const wasSet = await secrets.file.delete(name);
      if (!wasSet && !(await secrets.generated.delete(name))) throw secretUnknown(name);
      process.stdout.write(`${name} is deleted. ${rollsIn}`);
    });
  addExamples(addSecretOptions(command), 'turnout secret delete PROCESSOR_KEY');
}

function registerKey(group: Command): void {
  const command = group
    .command('key')
    .summary('where the key of the site is; bring it to another machine')
    .option('--show-path', 'only the path of its file')
    .option('--export', 'print the key itself')
    .option('--import', 'read a key from standard input where there is none yet')
    .action(async (options: SecretOptions & SecretKeyOptions) => {
      const { loaded } = await loadSite(options);
      process.stdout.write(await secretKey(loaded.model.site.name, options));
    });
  addExamples(
    addSecretOptions(command),
    'turnout secret key',
    'turnout secret key --export | ssh production turnout secret key --import --site /srv/campaign',
  );
}
