/** Where storage is closed to the page: as long as the page lives, then. */
const held = new Map<string, string>();

/** `crypto.randomUUID` is there only over HTTPS and on this machine; this is everywhere. */
export function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/**
 * The key of an act in this tab, over reloads too, until `forgetKey`. An act that says something
 * else than before is another one, and gets another key.
 */
export function keptKey(act: string, body: string): string {
  const name = nameOf(act);
  const [key, before] = JSON.parse(stored(name) ?? '[]') as [string?, string?];
  if (key !== undefined && before === body) return key;
  const made = newKey();
  const text = JSON.stringify([made, body]);
  held.set(name, text);
  withStorage((storage) => storage.setItem(name, text));
  return made;
}

export function forgetKey(act: string): void {
  const name = nameOf(act);
  held.delete(name);
  withStorage((storage) => storage.removeItem(name));
}

function stored(name: string): string | null {
  return held.get(name) ?? withStorage((storage) => storage.getItem(name)) ?? null;
}

/** It is full, or the visitor has switched it off: then asking for it throws. */
function withStorage<T>(use: (storage: Storage) => T): T | undefined {
  try {
    return use(sessionStorage);
  } catch {
    return undefined;
  }
}

const nameOf = (act: string): string => `turnout:act:${act}`;
