import type { BareItem, Dictionary, Item, Parameters } from './structured-field.ts';

/**
 * Writes a dictionary as RFC 9651, section 4.1 has it; an empty one is the empty text, and is not
 * to be sent. Throws RangeError for what cannot be said in the type that it has.
 */
export function writeDictionary(dictionary: Dictionary): string {
  const members: string[] = [];
  for (const [key, member] of dictionary) {
    checked(key, /^[a-z*][a-z0-9_.*-]*$/, 'key');
    const rest = writeParameters(member.parameters);
    if (member.kind === 'list') {
      members.push(`${key}=(${member.items.map(writeItem).join(' ')})${rest}`);
    } else if (member.kind === 'boolean' && member.value) members.push(`${key}${rest}`);
    else members.push(`${key}=${writeBare(member)}${rest}`);
  }
  return members.join(', ');
}

function writeItem(item: Item): string {
  return writeBare(item) + writeParameters(item.parameters);
}

function writeParameters(parameters: Parameters): string {
  let text = '';
  for (const [key, value] of parameters) {
    checked(key, /^[a-z*][a-z0-9_.*-]*$/, 'key');
    const isFlag = value.kind === 'boolean' && value.value;
    text += isFlag ? `;${key}` : `;${key}=${writeBare(value)}`;
  }
  return text;
}

function writeBare(item: BareItem): string {
  switch (item.kind) {
    case 'integer':
      return integer(item.value);
    case 'date':
      return `@${integer(item.value)}`;
    case 'decimal':
      return decimal(item.value);
    case 'string':
      return `"${checked(item.value, /^[ -~]*$/, 'string').replaceAll(/["\\]/g, '\\$&')}"`;
    case 'token':
      return checked(item.value, /^[A-Za-z*][!#$%&'*+.^_`|~0-9A-Za-z:/-]*$/, 'token');
    case 'boolean':
      return item.value ? '?1' : '?0';
    case 'bytes':
      return `:${btoa(String.fromCharCode(...item.value))}:`;
    case 'display':
      return `%"${display(item.value)}"`;
  }
}

function integer(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 1e15) return String(value);
  throw new RangeError(`${value} is no integer of a structured field`);
}

/** To three digits, the even one of two that are as near. */
function decimal(value: number): string {
  const scaled = value * 1_000;
  const below = Math.floor(scaled);
  const isTie = scaled - below === 0.5;
  const rounded = (isTie ? below + (below % 2 === 0 ? 0 : 1) : Math.round(scaled)) / 1_000;
  if (!Number.isFinite(rounded) || Math.abs(rounded) >= 1e12) {
    throw new RangeError(`${value} is no decimal of a structured field`);
  }
  const digits = rounded.toFixed(3).replace(/0{1,2}$/, '');
  return digits === '-0.0' ? '0.0' : digits;
}

function display(value: string): string {
  if (!value.isWellFormed()) throw new RangeError('a display string is not well-formed Unicode');
  let text = '';
  for (const byte of new TextEncoder().encode(value)) {
    const isPlain = byte >= 0x20 && byte <= 0x7e && byte !== 0x25 && byte !== 0x22;
    text += isPlain ? String.fromCharCode(byte) : `%${byte.toString(16).padStart(2, '0')}`;
  }
  return text;
}

function checked(value: string, form: RegExp, what: string): string {
  if (form.test(value)) return value;
  throw new RangeError(`${JSON.stringify(value)} is no ${what} of a structured field`);
}
