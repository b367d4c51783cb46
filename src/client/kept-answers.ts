/** What a page had the last time that it worked, in this browser: the second cache. */
export interface KeptAnswer {
  readonly body: unknown;
  /** When it came, by this machine's clock. */
  readonly atMs: number;
  /** How old it was then. */
  readonly ageMs: number;
}

const PREFIX = 'turnout:kept:';
const MOST_ANSWERS = 50;
/** Of all together, in characters; browsers give a site about five million. */
const MOST_TEXT = 1_000_000;
const LONGEST_TEXT = 200_000;

/** Where storage is closed to the page: as long as the page lives, then. */
const held = new Map<string, string>();

/** Keeps a copy; what is too long, or cannot be kept, is not, and what was before stays no more. */
export function keepAnswer(name: string, { body, atMs, ageMs }: KeptAnswer): void {
  const text = `${atMs} ${ageMs} ${JSON.stringify(body)}`;
  const key = PREFIX + name;
  remove(key);
  if (text.length + key.length > LONGEST_TEXT) return;
  makeRoom(text.length + key.length);
  try {
    localStorage.setItem(key, text);
  } catch {
    held.set(key, text);
  }
}

export function keptAnswer(name: string): KeptAnswer | null {
  const text = textAt(PREFIX + name);
  const [, atMs, ageMs, json] = /^(\d+) (\d+) (.*)$/s.exec(text ?? '') ?? [];
  if (json === undefined) return null;
  try {
    return { body: JSON.parse(json) as unknown, atMs: Number(atMs), ageMs: Number(ageMs) };
  } catch {
    return null;
  }
}

/** For what is not to be kept any more. */
export function forgetAnswer(name: string): void {
  remove(PREFIX + name);
}

/** All of them: for a sign-out, so that nobody sees what another was shown. */
export function forgetKept(): void {
  for (const key of keys()) remove(key);
}

/** The oldest go first. */
function makeRoom(more: number): void {
  const all = keys()
    .map((key) => {
      const text = textAt(key) ?? '';
      return { key, atMs: Number.parseInt(text, 10) || 0, length: key.length + text.length };
    })
    .sort((one, other) => one.atMs - other.atMs);
  let length = all.reduce((sum, each) => sum + each.length, more);
  let count = all.length + 1;
  for (const oldest of all) {
    if (count <= MOST_ANSWERS && length <= MOST_TEXT) return;
    remove(oldest.key);
    length -= oldest.length;
    count--;
  }
}

function keys(): readonly string[] {
  const stored = withStorage((storage) =>
    Array.from({ length: storage.length }, (_, index) => storage.key(index) ?? ''),
  );
  return [...(stored ?? []), ...held.keys()].filter((key) => key.startsWith(PREFIX));
}

function textAt(key: string): string | null {
  return held.get(key) ?? withStorage((storage) => storage.getItem(key)) ?? null;
}

function remove(key: string): void {
  held.delete(key);
  withStorage((storage) => storage.removeItem(key));
}

/** The visitor may have switched it off: then asking for it throws. */
function withStorage<T>(use: (storage: Storage) => T): T | undefined {
  try {
    return use(localStorage);
  } catch {
    return undefined;
  }
}
