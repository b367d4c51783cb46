type Let = () => Promise<void> | void;

const held = new Set<Let>();

/** Remembers how to let go of something that the SDK holds for the whole process. */
export function holdUntilDropped(letGo: Let): void {
  held.add(letGo);
}

/**
 * Lets go of every connection and watch that the SDK holds, so that a script (a migration, a job)
 * ends by itself. `serve()` does it after draining.
 */
export async function drop(): Promise<void> {
  const all = [...held];
  held.clear();
  await Promise.all(all.map((letGo) => letGo()));
}
