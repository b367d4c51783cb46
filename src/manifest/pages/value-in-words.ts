import type { SchemaShape } from '../schema/schema.ts';

/** What a value is, for the column of a table: `duration`, `list of routes`. */
export function valueInWords(schema: SchemaShape): string {
  switch (schema.kind) {
    case 'text':
      return schema.expected;
    case 'notation':
      return `${schema.notation.name}, such as ${schema.notation.examples
        .slice(0, 2)
        .map((example) => `\`${example}\``)
        .join(' or ')}`;
    case 'number':
      return schema.min === schema.max
        ? `\`${schema.min}\``
        : `whole number, ${schema.min} to ${schema.max}`;
    case 'boolean':
      return '`true` or `false`';
    case 'choice':
      return schema.values.map((value) => `\`${value}\``).join(', ');
    case 'list':
      return `${schema.single ? 'one or a list' : 'list'}: ${valueInWords(schema.of)}`;
    case 'map':
      return `by ${schema.keyIs}: ${valueInWords(schema.of)}`;
    case 'object':
      return schema.name;
    case 'any':
      return 'any JSON value';
  }
}
