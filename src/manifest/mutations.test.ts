import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { loadModel } from './load-model.ts';
import type { Problem } from './problems/problem.ts';
import { renderProblems } from './problems/render-problems.ts';
import { referenceSite, referenceSiteFiles } from './reference/reference-site.ts';

const seed = Number(process.env['TURNOUT_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const numRuns = process.env['TURNOUT_PROVE'] === 'full' ? 20_000 : 250;

const files = referenceSiteFiles();
const manifests = Object.keys(files).filter((path) => path.endsWith('.yaml'));

/** Pieces that YAML or the manifest language give a meaning to. */
const pieces = (
  ': |: |-|- |{|}|[|]|,|"|#|&a |*a|!t |>|~|\n|\t|  |\r\n|\0|\uFEFF|' +
  '\uD800|---\n|...\n|<<: *a\n|? |%|' +
  '__proto__: 1\n|constructor: 1\n|1e999|.inf|0x1f|null|ü😀|**|/../|7s'
).split('|');
type Mutation = (text: string) => string;

const mutation: fc.Arbitrary<Mutation> = fc
  .record({
    kind: fc.nat(4),
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    size: fc.nat(30),
    piece: fc.constantFrom(...pieces),
    to: fc.double({ min: 0, max: 1, noNaN: true }),
  })
  .map(({ kind, at, size, piece, to }) => (text) => {
    const offset = Math.floor(at * text.length);
    const other = Math.floor(to * text.length);
    if (kind === 0) return text.slice(0, offset) + text.slice(offset + size);
    if (kind === 1) return text.slice(0, offset) + piece + text.slice(offset);
    if (kind === 2)
      return text.slice(0, offset) + text.slice(other, other + size) + text.slice(offset);
    if (kind === 3) return text.slice(0, offset);
    const lines = text.split('\n');
    const [a, b] = [Math.floor(at * lines.length), Math.floor(to * lines.length)];
    [lines[a], lines[b]] = [lines[b] ?? '', lines[a] ?? ''];
    return lines.join('\n');
  });

describe(`whatever is written into a manifest (seed ${seed}, ${numRuns} sites)`, () => {
  test('gives a Model or problems with places that exist, and never a crash', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...manifests),
        fc.array(mutation, { minLength: 1, maxLength: 4 }),
        async (path, mutations) => {
          const text = mutations.reduce((changed, change) => change(changed), files[path] ?? '');
          const changed = { ...files, [path]: text };
          const result = await loadModel(referenceSite({ [path]: text }));
          const problems = result.kind === 'model' ? result.warnings : result.problems;
          if (result.kind === 'refused')
            assert.ok(problems.some(({ severity }) => severity === 'error'));
          for (const problem of problems) assertPlace(problem, changed);
          assert.equal(typeof renderProblems(problems, { colour: true }), 'string');
        },
      ),
      { seed, numRuns },
    );
  });
});

function assertPlace(problem: Problem, texts: Readonly<Record<string, string>>): void {
  const lines = (texts[problem.file] ?? '').split('\n');
  const line = lines[problem.line - 1];
  assert.ok(line !== undefined, `${problem.file}:${problem.line} of ${lines.length} lines`);
  assert.ok(problem.column >= 1 && problem.column <= line.length + 1, JSON.stringify(problem));
  assert.ok(problem.message !== '' && problem.remedy !== '' && problem.excerpt.includes('^'));
}
