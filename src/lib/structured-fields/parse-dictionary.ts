import type { BareItem, Dictionary, Item, Member, Parameters } from './structured-field.ts';

/** What is not as RFC 9651 has it is no field at all; nothing outside this file sees it. */
class Malformed extends Error {}

/**
 * Reads a dictionary by the algorithms of RFC 9651, section 4.2; null where it is malformed, for a
 * field that cannot be read whole is to be taken as absent. Several lines of one field are joined
 * by `, ` first. Time grows with the length alone.
 */
export function parseDictionary(text: string): Dictionary | null {
  try {
    return new Reading(text).dictionary();
  } catch (error) {
    if (error instanceof Malformed) return null;
    throw error;
  }
}

class Reading {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  dictionary(): Dictionary {
    const members = new Map<string, Member>();
    this.#match(/ */y);
    while (this.#at < this.#text.length) {
      const key = this.#key();
      // One that is said again counts where it was said last.
      members.delete(key);
      members.set(key, this.#take('=') ? this.#member() : this.#flag());
      this.#match(/[ \t]*/y);
      if (this.#at === this.#text.length) break;
      this.#want(',');
      this.#match(/[ \t]*/y);
      if (this.#at === this.#text.length) throw new Malformed();
    }
    return members;
  }

  #flag(): Item {
    return { kind: 'boolean', value: true, parameters: this.#parameters() };
  }

  #member(): Member {
    if (!this.#take('(')) return this.#item();
    const items: Item[] = [];
    for (;;) {
      this.#match(/ */y);
      if (this.#take(')')) return { kind: 'list', items, parameters: this.#parameters() };
      items.push(this.#item());
      if (!/[ )]/.test(this.#text.charAt(this.#at))) throw new Malformed();
    }
  }

  #item(): Item {
    return { ...this.#bare(), parameters: this.#parameters() };
  }

  #parameters(): Parameters {
    const parameters = new Map<string, BareItem>();
    while (this.#take(';')) {
      this.#match(/ */y);
      const key = this.#key();
      parameters.delete(key);
      parameters.set(key, this.#take('=') ? this.#bare() : { kind: 'boolean', value: true });
    }
    return parameters;
  }

  #bare(): BareItem {
    const first = this.#text.charAt(this.#at);
    switch (first) {
      case '"':
        return this.#string();
      case '?':
        return { kind: 'boolean', value: this.#match(/\?[01]/y) === '?1' };
      case ':':
        return { kind: 'bytes', value: bytesOf(this.#match(/:[A-Za-z0-9+/=]*:/y)) };
      case '@':
        return { kind: 'date', value: Number(this.#match(/@-?[0-9]{1,15}(?![0-9.])/y).slice(1)) };
      case '%':
        return { kind: 'display', value: displayed(this.#match(/%"[ !#-~]*"/y)) };
      default:
        return /[-0-9]/.test(first)
          ? this.#number()
          : { kind: 'token', value: this.#match(/[A-Za-z*][!#$%&'*+.^_`|~0-9A-Za-z:/-]*/y) };
    }
  }

  #number(): BareItem {
    const text = this.#match(/-?[0-9]+(?:\.[0-9]*)?/y);
    if (/^-?[0-9]{1,15}$/.test(text)) return { kind: 'integer', value: Number(text) };
    if (!/^-?[0-9]{1,12}\.[0-9]{1,3}$/.test(text)) throw new Malformed();
    return { kind: 'decimal', value: Number(text) };
  }

  #string(): BareItem {
    const quoted = this.#match(/"(?:[ !#-[\]-~]|\\["\\])*"/y);
    return { kind: 'string', value: quoted.slice(1, -1).replaceAll(/\\(.)/g, '$1') };
  }

  #key(): string {
    return this.#match(/[a-z*][a-z0-9_.*-]*/y);
  }

  /** What stands here in that form; `pattern` is sticky. */
  #match(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const [found] = pattern.exec(this.#text) ?? [];
    if (found === undefined) throw new Malformed();
    this.#at += found.length;
    return found;
  }

  #take(character: string): boolean {
    if (this.#text.charAt(this.#at) !== character) return false;
    this.#at++;
    return true;
  }

  #want(character: string): void {
    if (!this.#take(character)) throw new Malformed();
  }
}

function bytesOf(text: string): Uint8Array {
  try {
    return Uint8Array.from(atob(text.slice(1, -1)), (character) => character.charCodeAt(0));
  } catch {
    throw new Malformed();
  }
}

/** Bytes of UTF-8 are `%` and two hexadecimal digits in lower case. */
function displayed(text: string): string {
  const encoded = text.slice(2, -1);
  if (/%(?![0-9a-f]{2})/.test(encoded)) throw new Malformed();
  try {
    return decodeURIComponent(encoded);
  } catch {
    throw new Malformed();
  }
}
