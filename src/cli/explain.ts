import type { Command } from 'commander';
import { deriveProblemCodes } from '../derive/problem-codes.ts';
import { TurnoutError } from '../lib/errors.ts';
import type { JsonValue } from '../lib/json.ts';
import { explain, type ExplainedValue } from '../manifest/explain/explain.ts';
import { codes as manifestCodes, type CodeExplanation } from '../manifest/problems/codes.ts';
import { addExamples } from './add-examples.ts';
import { loadSite } from './load-site.ts';
import { addEnvironmentOption, addSiteOption } from './site-options.ts';
import type { EnvironmentOptions } from './site-options.ts';
import { wantsColour } from './wants-colour.ts';

const codes: ReadonlyMap<string, CodeExplanation> = new Map(
  Object.entries({ ...manifestCodes, ...deriveProblemCodes }),
);

interface ExplainOptions extends EnvironmentOptions {
  readonly json?: boolean;
}

/** `turnout explain PATH`: each value in force, where it is written, and what it means. */
export function registerExplain(program: Command): void {
  const command = addSiteOption(program.command('explain'))
    .summary('each value in force, where it is written, what it means')
    .description(
      'Shows the values in force, where each is written, and what it means; or what the code of ' +
        'a problem means.',
    )
    .argument('<path>', 'service, service.feature, site, edge, flags or any key below; or a code')
    .option('--json', 'print one JSON array')
    .action(async (path: string, options: ExplainOptions) => {
      process.stdout.write(await explained(path, options));
    });
  addExamples(
    addEnvironmentOption(command),
    'turnout explain donations.donate',
    'turnout explain donations.donate.limits.deadline --environment production',
    'turnout explain site.listen --site examples/campaign --json',
    'turnout explain rung-impossible',
  );
}

async function explained(path: string, options: ExplainOptions): Promise<string> {
  const code = codes.get(path);
  if (code !== undefined) {
    const { severity, explanation } = code;
    return options.json === true
      ? `${JSON.stringify({ code: path, severity, explanation }, null, 2)}\n`
      : `${severity} ${path}\n  ${explanation}\n`;
  }
  const { loaded } = await loadSite(options);
  const explanation = explain(loaded.manifests, path);
  if (explanation.kind === 'unknown') {
    throw new TurnoutError(
      'explain-unknown',
      explanation.message,
      'Paths look like `donations`, `donations.donate`, `donations.donate.limits.deadline` or `site.listen`.',
    );
  }
  if (options.json === true) return `${JSON.stringify(explanation.values, null, 2)}\n`;
  return render(explanation.values, wantsColour(process.stdout));
}

function render(values: readonly ExplainedValue[], colour: boolean): string {
  const dim = (text: string) => (colour ? `\u001B[2m${text}\u001B[0m` : text);
  const rows = values.map((value) => ({ ...value, shown: show(value.value) }));
  const width = Math.min(
    60,
    Math.max(...rows.map(({ path, shown }) => path.length + shown.length + 2)),
  );
  return rows
    .map(({ path, shown, place, doc }) => {
      const where = place === null ? 'default' : `${place.file}:${place.line}`;
      return `${`${path}: ${shown}`.padEnd(width)}  ${where}\n${dim(`    ${doc}`)}\n`;
    })
    .join('');
}

/** As YAML would have it on one line. */
function show(value: JsonValue): string {
  if (value === null) return '(not set)';
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return `[${value.map((item: JsonValue) => show(item)).join(', ')}]`;
  return JSON.stringify(value);
}
