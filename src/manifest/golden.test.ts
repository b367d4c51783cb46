import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { loadModel } from './load-model.ts';
import { memoryReader } from './memory-reader.ts';
import { renderProblems } from './problems/render-problems.ts';

/*
 * Each file in golden/ holds the files of a site (`>>> path`), a line of dashes, and what `turnout
 * check` says about it, letter by letter; a `model-….txt` holds the Model too.
 * `TURNOUT_UPDATE_GOLDEN=1` writes what is said now: read the diff.
 */
const folder = new URL('golden/', import.meta.url);
const divider = '\n----------\n';

for (const name of readdirSync(folder).filter((file) => file.endsWith('.txt'))) {
  test(`golden: ${name.replace(/\.txt$/, '').replaceAll('-', ' ')}`, async () => {
    const file = new URL(name, folder);
    const text = readFileSync(file, 'utf8');
    const at = text.indexOf(divider);
    const input = at === -1 ? text.trimEnd() : text.slice(0, at);
    const actual = await resultOf(input, name.startsWith('model-'));
    if (process.env['TURNOUT_UPDATE_GOLDEN'] === '1') {
      writeFileSync(file, `${input}${divider}${actual}`);
      return;
    }
    assert.equal(actual, text.slice(at + divider.length));
  });
}

async function resultOf(input: string, withModel: boolean): Promise<string> {
  const environment = /^# environment: (\S+)$/m.exec(input)?.[1];
  const result = await loadModel(memoryReader(filesOf(input)), { environment });
  const problems = result.kind === 'model' ? result.warnings : result.problems;
  const model = result.kind === 'model' && withModel ? JSON.stringify(result.model, null, 2) : '';
  return (
    `${result.kind}\n\n${renderProblems(problems, { colour: false })}${model}`.trimEnd() + '\n'
  );
}

/** `\t` stands for a tab, which editors like to take out. */
function filesOf(input: string): Readonly<Record<string, string>> {
  const files: Record<string, string> = {};
  for (const part of `\n${input}`.split('\n>>> ').slice(1)) {
    const end = part.indexOf('\n');
    const path = end === -1 ? part : part.slice(0, end);
    files[path] = end === -1 ? '' : `${part.slice(end + 1)}\n`.replaceAll('\\t', '\t');
  }
  return files;
}
