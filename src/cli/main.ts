import { Command, CommanderError } from 'commander';
import { version } from '../lib/version.ts';
import { registerBackup } from './backup.ts';
import { registerBan, registerBans, registerUnban } from './ban.ts';
import { registerCatalog } from './catalog.ts';
import { registerCheck } from './check.ts';
import { registerCircuits } from './circuits.ts';
import { registerDerive } from './derive.ts';
import { registerDoctor } from './doctor.ts';
import { registerDown } from './down.ts';
import { endWithReader } from './end-with-reader.ts';
import { registerExplain } from './explain.ts';
import { registerFlags } from './flags.ts';
import { registerFrontend } from './frontend.ts';
import { guessSubcommand } from './guess-subcommand.ts';
import { registerInit } from './init.ts';
import { registerInstall, registerUninstall } from './install.ts';
import { registerJob } from './job.ts';
import { registerJobs } from './jobs.ts';
import { registerLinks } from './links.ts';
import { registerLogs } from './logs.ts';
import { registerPurge } from './purge.ts';
import { registerReload } from './reload.ts';
import { reportFailure } from './report-failure.ts';
import { registerResource } from './resource.ts';
import { registerRestore } from './restore.ts';
import { registerRules } from './rules.ts';
import { registerSchema } from './schema.ts';
import { registerSecret } from './secret.ts';
import { registerStatus } from './status.ts';
import { registerTable } from './table.ts';
import { registerUp } from './up.ts';
import { registerUpgrade } from './upgrade.ts';
import { registerWrites } from './writes.ts';

/** Every command, in the order `--help` shows them; each is one file beside this one. */
const commands: readonly ((program: Command) => void)[] = [
  registerInit,
  registerUp,
  registerStatus,
  registerLogs,
  registerLinks,
  registerReload,
  registerUpgrade,
  registerDown,
  registerCheck,
  registerExplain,
  registerDerive,
  registerCatalog,
  registerSchema,
  registerRules,
  registerCircuits,
  registerResource,
  registerSecret,
  registerJobs,
  registerJob,
  registerPurge,
  registerBan,
  registerUnban,
  registerBans,
  registerTable,
  registerWrites,
  registerFlags,
  registerFrontend,
  registerDoctor,
  registerBackup,
  registerRestore,
  registerInstall,
  registerUninstall,
];

const program = new Command('turnout')
  .description('Keeps a site standing on the day everyone turns up.')
  .version(version)
  .showHelpAfterError('  remedy: `turnout help` shows every command.')
  .exitOverride();

for (const register of commands) register(program);
for (const command of program.commands) completeHelp(command, 'turnout');

// Help only prints, whatever command it is about.
if (process.argv.some((word) => ['help', '--help', '-h'].includes(word))) endWithReader();

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode =
    error instanceof CommanderError ? (error.exitCode === 0 ? 0 : 2) : reportFailure(error);
}

/** Each command, however deep, names its help and guesses; its summary stands for a description. */
function completeHelp(command: Command, parent: string): void {
  const name = `${parent} ${command.name()}`;
  command.showHelpAfterError(`  remedy: \`${name} --help\` shows its options and examples.`);
  const summary = command.summary();
  if (command.description() === '') {
    command.description(`${summary.slice(0, 1).toUpperCase()}${summary.slice(1)}.`);
  }
  guessSubcommand(command);
  for (const inner of command.commands) completeHelp(inner, name);
}
