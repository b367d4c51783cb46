import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { goldenFiles, keptText } from '../../tests/support/golden-files.ts';
import { filesystemReader } from '../manifest/filesystem-reader.ts';
import { loadModel } from '../manifest/load-model.ts';
import { memoryReader } from '../manifest/memory-reader.ts';
import type { Reader } from '../manifest/reader.ts';
import { deriveAll, workerConfiguration, type Derived } from './all.ts';
import { derivedFiles, outputJson, type OutputName } from './derived-files.ts';

/**
 * Each file under golden/ is one site and what it becomes: `=== path` begins a file of the site,
 * `>>> output` what one derivation makes of it, `>>> refused` why all is refused.
 */
const folder = new URL('./golden/', import.meta.url);

describe('manifests become what the golden files say', () => {
  for (const { claim, text, mustBe } of goldenFiles(folder)) {
    it(claim, async () => mustBe(await derivedAgain(text)));
  }
});

describe('the campaign becomes what it keeps under expected/', () => {
  const site = new URL('../../examples/campaign/', import.meta.url);

  it('byte for byte', async () => {
    const derived = await derivedFrom(filesystemReader(site.pathname));
    for (const [name, text] of derivedFiles(derived)) {
      const kept = keptText(new URL(`expected/${name}`, site));
      assert.equal(text, kept, `${name}: turnout derive examples/campaign --write`);
    }
  });

  it('the same each time, and frozen to the last leaf', async () => {
    const first = await derivedFrom(filesystemReader(site.pathname));
    const second = await derivedFrom(filesystemReader(site.pathname));
    assert.equal(JSON.stringify(first), JSON.stringify(second));
    assertFrozen(first);
    assertFrozen(workerConfiguration(first));
  });
});

interface Section {
  readonly mark: '===' | '>>>';
  readonly name: string;
  readonly text: string;
}

function sectionsOf(text: string): readonly Section[] {
  return text
    .split(/^(?==== |>>> )/m)
    .filter((part) => part.startsWith('===') || part.startsWith('>>>'))
    .map((part) => {
      const end = part.indexOf('\n');
      const mark = part.startsWith('===') ? '===' : '>>>';
      return { mark, name: part.slice(4, end), text: part.slice(end + 1) };
    });
}

/** The golden file with its outputs as they are made now. */
async function derivedAgain(text: string): Promise<string> {
  const sections = sectionsOf(text);
  const files = sections.filter((section) => section.mark === '===');
  const reader = memoryReader(Object.fromEntries(files.map(({ name, text }) => [name, text])));
  const result = await loadModel(reader);
  assert.ok(result.kind === 'model', `the manifests are refused: ${JSON.stringify(result)}`);
  const derivation = deriveAll(result.model);
  const input = text.slice(0, text.search(/^>>> /m));
  if (!derivation.ok) {
    return `${input}>>> refused\n${JSON.stringify(derivation.problems, null, 2)}\n`;
  }
  const outputs = sections.filter(({ mark }) => mark === '>>>');
  return (
    input +
    outputs
      .map(({ name }) => `>>> ${name}\n${outputJson(derivation.derived, name as OutputName)}`)
      .join('')
  );
}

async function derivedFrom(reader: Reader): Promise<Derived> {
  const result = await loadModel(reader);
  assert.ok(result.kind === 'model', JSON.stringify(result));
  const derivation = deriveAll(result.model);
  assert.ok(derivation.ok, JSON.stringify(derivation));
  return derivation.derived;
}

function assertFrozen(value: unknown, path = 'derived'): void {
  if (typeof value !== 'object' || value === null) return;
  assert.ok(Object.isFrozen(value), `${path} is frozen`);
  for (const [key, part] of Object.entries(value)) assertFrozen(part, `${path}.${key}`);
}
