import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { storeCodes } from '../src/adapters/sqlite/store-codes.ts';
import { deriveProblemCodes } from '../src/derive/problem-codes.ts';
import { toJsonSchema } from '../src/manifest/json-schema/to-json-schema.ts';
import { errorsPage, type CodeGroup } from '../src/manifest/pages/errors-page.ts';
import { manifestPage } from '../src/manifest/pages/manifest-page.ts';
import { codes } from '../src/manifest/problems/codes.ts';
import { annotatedManifest } from '../src/manifest/reference/annotated.ts';
import { kindNames } from '../src/manifest/schema/kinds.ts';

const source = new URL('../src/', import.meta.url).pathname;

/** The generated part of docs/reference/, by path in it. A test holds the folder to it. */
export function referenceFiles(): ReadonlyMap<string, string> {
  const files = new Map<string, string>();
  for (const kind of kindNames) {
    files.set(`${kind}.md`, manifestPage(kind, annotatedManifest(kind)));
    files.set(`schema/${kind}.json`, `${JSON.stringify(toJsonSchema(kind), null, 2)}\n`);
  }
  files.set('errors.md', errorsPage(codeGroups()));
  return files;
}

function codeGroups(): readonly CodeGroup[] {
  return [
    {
      title: 'In manifests',
      about: 'What `turnout check` finds; `turnout explain CODE` shows one of them.',
      codes,
    },
    {
      title: 'In what manifests become',
      about:
        'What is well written but cannot be derived from; every command that needs a site says so.',
      codes: deriveProblemCodes,
    },
    {
      title: 'In commands and processes',
      about: 'What stops a command. It prints the place and the remedy for the case at hand.',
      codes: { ...thrownCodes(), ...storeCodes },
    },
  ];
}

const thrown = /new TurnoutError\(\s*'([a-z0-9-]+)',\s*(?:'((?:[^'\\]|\\.)*)'|`([^`]*)`)/g;

/** The codes of every TurnoutError in the source, each with its message, holes shown as …. */
function thrownCodes(): CodeGroup['codes'] {
  const found: Record<string, { severity: 'error'; explanation: string }> = {};
  const paths = readdirSync(source, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts') && !path.endsWith('.test.ts'))
    .sort();
  for (const path of paths) {
    for (const [, code, plain, template] of readFileSync(join(source, path), 'utf8').matchAll(
      thrown,
    )) {
      const message = (plain ?? template ?? '')
        .replaceAll(/\$\{[^}]*\}/g, '…')
        .replaceAll(/\\n|\\/g, ' ');
      if (code !== undefined) found[code] ??= { severity: 'error', explanation: message };
    }
  }
  return found;
}
