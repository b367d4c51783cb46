const suffix = '_PUBLIC';

/** The variable that carries the public half of a key pair: `SESSION_KEY_PUBLIC`. */
export function publicHalfOf(name: string): string {
  return `${name}${suffix}`;
}

/** The secret whose public half has this name; empty when it is no such name. */
export function privateHalfOf(name: string): string {
  return name.endsWith(suffix) ? name.slice(0, -suffix.length) : '';
}
