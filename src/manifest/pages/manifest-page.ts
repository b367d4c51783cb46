import { canonicalForm } from '../schema/canonical-form.ts';
import { manifestKinds, type ManifestKind } from '../schema/kinds.ts';
import { environmentOverrides } from '../schema/site.ts';
import type { Field, ObjectSchema, SchemaShape } from '../schema/schema.ts';
import { valueInWords } from './value-in-words.ts';

/** The reference page of a manifest, in Markdown: its annotated file, then every key in tables. */
export function manifestPage(kind: ManifestKind, annotated: string): string {
  const root = manifestKinds[kind];
  const sections = objectsIn(root).map(({ path, schema }) => section(path, schema));
  return [
    `# ${kind}.yaml`,
    generatedNote,
    `Editors check it as it is typed with [its JSON Schema](schema/${kind}.json) (\`turnout schema ${kind}\`); \`turnout check\` finds the rest.`,
    '## Annotated',
    `\`\`\`yaml\n${annotated.trimEnd()}\n\`\`\``,
    '## Every key',
    ...sections,
  ]
    .join('\n\n')
    .concat('\n');
}

export const generatedNote =
  '<!-- Written by `npm run reference`; edit its sources, not this page. -->';

interface Found {
  readonly path: string;
  readonly schema: ObjectSchema;
}

/** The object descriptions inside a schema, outermost first, each once. */
function objectsIn(root: SchemaShape): readonly Found[] {
  const found: Found[] = [];
  const seen = new Set<SchemaShape>();
  const visit = (path: string, schema: SchemaShape): void => {
    // What an environment may say is the same over again.
    if (seen.has(schema) || schema === environmentOverrides) return;
    seen.add(schema);
    if (schema.kind === 'list') visit(`${path}[]`, schema.of);
    else if (schema.kind === 'map') visit(`${path}.*`, schema.of);
    else if (schema.kind === 'object') {
      found.push({ path, schema });
      for (const [key, field] of Object.entries(schema.fields)) {
        visit(path === '' ? key : `${path}.${key}`, field.schema);
      }
    }
  };
  visit('', root);
  return found;
}

function section(path: string, schema: ObjectSchema): string {
  const heading = path === '' ? schema.doc : `### \`${path}\`\n\n${schema.doc}`;
  const rows = Object.entries(schema.fields).map(([key, field]) => {
    const cells = [`\`${key}\``, valueInWords(field.schema), fallbackInWords(field), field.doc];
    return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  });
  const short = schema.shorts.map(
    ({ to }) => `Short form: one value stands for ${to.map((key) => `\`${key}\``).join(' and ')}.`,
  );
  const exclusive = schema.alternatives.map(
    ({ keys, required }) =>
      `${required ? 'Exactly' : 'At most'} one of ${keys.map((key) => `\`${key}\``).join(', ')}.`,
  );
  return [
    heading,
    ['| key | value | default | |', '| --- | --- | --- | --- |', ...rows].join('\n'),
    ...short,
    ...exclusive,
  ].join('\n\n');
}

function fallbackInWords(field: Field): string {
  if (field.presence === 'required') return '**required**';
  if (field.fallbackInWords !== null) return field.fallbackInWords;
  if (field.fallback === null || field.schema.kind === 'object') return '';
  const shown = canonicalForm(field.schema, field.fallback);
  const empty = shown === '' || (typeof shown === 'object' && JSON.stringify(shown).length === 2);
  if (empty) return '';
  return `\`${typeof shown === 'string' ? shown : JSON.stringify(shown)}\``;
}
