import type { Command } from 'commander';
import { readLiveTables } from '../profiles/read-live-tables.ts';
import { readRuleReports } from '../profiles/read-rule-reports.ts';
import { addExamples } from './add-examples.ts';
import { loadEdge } from './rules/edge-of-site.ts';
import { explainTrial, type RuleExplanation } from './rules/explain-trial.ts';
import { describeAnswer, type ExampleResult, runExamples } from './rules/run-examples.ts';
import { type GivenOptions, readGiven } from './rules/read-given.ts';
import { type Trial, tryRequest } from './rules/try-request.ts';
import { renderAutoBan, renderRules, sumAutoBan, sumRules } from './rules/render-rules.ts';
import {
  addEnvironmentOption,
  addSiteOption,
  addStateOption,
  existingStateFolder,
} from './site-options.ts';
import type { EnvironmentOptions, StateOptions } from './site-options.ts';

interface TestOptions extends EnvironmentOptions {
  readonly json?: boolean;
}

interface ExplainOptions extends TestOptions, GivenOptions, StateOptions {
  readonly live?: boolean;
}

function another(line: string, before: readonly string[]): readonly string[] {
  return [...before, line];
}

/** `turnout rules`: what the rules of a site did, and trying them without a site that runs. */
export function registerRules(program: Command): void {
  const rules = program
    .command('rules')
    .summary('what the rules of edge.yaml did; try their examples, or one request');
  registerList(rules);
  registerTest(rules);
  registerExplain(rules);
  addExamples(
    rules,
    'turnout rules',
    'turnout rules test',
    'turnout rules explain GET / --address 203.0.113.7 --live',
  );
}

interface ListOptions extends StateOptions {
  readonly json?: boolean;
}

function registerList(rules: Command): void {
  const command = addSiteOption(rules.command('list', { isDefault: true }))
    .summary('what each rule did since the workers started')
    .description(
      'Lists the rules with how often they hit, held a client back or failed, in all workers ' +
        'together, the newest of what observing rules would have done, and whom auto-ban went ' +
        'after or would have; some seconds old.',
    )
    .option('--json', 'print one JSON object, worker by worker')
    .action(async (options: ListOptions) => {
      const reports = await readRuleReports(existingStateFolder(options));
      const text = options.json
        ? `${JSON.stringify({ workers: reports }, null, 2)}\n`
        : renderRules(sumRules(reports)) + renderAutoBan(sumAutoBan(reports));
      process.stdout.write(text);
    });
  addExamples(
    addStateOption(command),
    'turnout rules',
    "turnout rules list --json | jq '.workers[].rules[] | select(.errors > 0)'",
  );
}

function registerTest(rules: Command): void {
  const command = addSiteOption(rules.command('test'))
    .summary('whether the examples of edge.yaml turn out as they say')
    .description(
      'Puts each example of edge.yaml through its rules, by the very code that serves, and says ' +
        'where one turns out otherwise. Exits 1 if any does. Nothing need run.',
    )
    .option('--json', 'print one JSON object')
    .action(async (options: TestOptions) => {
      const results = runExamples(await loadEdge(options));
      const ok = results.every((result) => result.ok);
      const text = options.json ? `${JSON.stringify({ ok, results }, null, 2)}\n` : render(results);
      process.stdout.write(text);
      process.exitCode = ok ? 0 : 1;
    });
  addExamples(
    addEnvironmentOption(command),
    'turnout rules test',
    'turnout rules test --site examples/campaign --json',
  );
}

function registerExplain(rules: Command): void {
  const command = addSiteOption(rules.command('explain'))
    .argument('<method>', 'such as GET')
    .argument('<url>', 'a URL, or a path')
    .summary('what each rule makes of a request, and why')
    .description(
      'Shows for one request which rules of edge.yaml hit, in which mode, and the value of each ' +
        'part of their conditions, or that a ban answers before any of them. Tables hold what ' +
        'edge.yaml says, and with --live what was changed since; without it nothing need run.',
    )
    .option('--address <address>', 'whom it comes from', '192.0.2.1')
    .option('--country <code>', 'where that is, in place of what the database tells')
    .option('--header <line>', 'a header, as `name: value`; may be repeated', another, [])
    .option('--trusted-hop', 'it came through a hop that is trusted')
    .option(
      '--entry <words>',
      'with this entry too, as `table set` takes it: `bans 203.0.113.0/24`; may be repeated',
      another,
      [],
    )
    .option('--live', 'with what was banned and changed in tables since the site runs')
    .option('--json', 'print one JSON object')
    .action(async (method: string, url: string, options: ExplainOptions) => {
      const live = options.live ? await readLiveTables(existingStateFolder(options)) : [];
      const { edge, files } = await loadEdge(options);
      const given = readGiven(method, url, options, { edge, live });
      const trial = tryRequest(edge, files, given);
      const explained = explainTrial(trial, given);
      const { answer, tags, skipsCache, heldMs } = trial;
      const text = options.json
        ? `${JSON.stringify({ answer, tags, skipsCache, heldMs, rules: explained }, null, 2)}\n`
        : renderExplanation(trial, explained);
      process.stdout.write(text);
    });
  addExamples(
    addStateOption(addEnvironmentOption(command)),
    'turnout rules explain POST /api/donations --address 203.0.113.7 --country FR',
    'turnout rules explain GET / --address 203.0.113.7 --live',
    "turnout rules explain GET / --address 203.0.113.7 --entry 'bans 203.0.113.0/24'",
    "turnout rules explain GET https://www.example.org/ --header 'user-agent: WordPress/6.6'",
  );
}

function render(results: readonly ExampleResult[]): string {
  if (results.length === 0) return 'edge.yaml has no examples. Write some under `examples`.\n';
  const failed = results.filter(({ ok }) => !ok);
  const lines = failed.flatMap(({ place, rule, request, wrong }) => [
    `${place}  ${request}${rule === null ? '' : ` (an example of ${rule})`}`,
    ...wrong.map((one) => `  ${one}.`),
  ]);
  return `${[...lines, verdictOn(results.length, failed.length)].join('\n')}\n`;
}

function verdictOn(count: number, failed: number): string {
  if (failed > 0)
    return `${failed} of ${count} ${count === 1 ? 'example turns' : 'examples turn'} out otherwise.`;
  return count === 1
    ? 'The one example turns out as it says.'
    : `All of ${count} examples turn out as they say.`;
}

function renderExplanation(trial: Trial, explained: readonly RuleExplanation[]): string {
  const lines = explained.flatMap(({ rule, mode, outcome, does, why }) => [
    `${rule} ${outcome}${outcome === 'hits' ? (mode === 'observe' ? `: would ${does} (it only observes)` : `: ${does}`) : ''}`,
    ...why.map(({ depth, source, value }) => `  ${'  '.repeat(depth)}${value}  ${source}`),
  ]);
  return `${[...lines, outcomeOf(trial)].join('\n')}\n`;
}

function outcomeOf({ answer, tags, skipsCache, heldMs }: Trial): string {
  const held = heldMs === 0 ? '' : ` after ${heldMs} ms`;
  if (answer !== null) return `=> ${describeAnswer(answer)}${held}`;
  const marks = [
    ...(tags.length === 0 ? [] : [`tagged ${tags.join(', ')}`]),
    ...(skipsCache ? ['past the cache'] : []),
  ];
  return `=> it goes on to the site${held}${marks.length === 0 ? '' : `, ${marks.join(', ')}`}`;
}
