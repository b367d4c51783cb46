interface ToldWrite {
  readonly write: string;
  readonly person: string;
  readonly beganAt: number;
  readonly toldAt: number | null;
}

/**
 * What is wrong with what a service has done, by what its clients were told; null where nothing is:
 * every write that was told done or kept is there, none is there twice or was never sent, and of
 * one person's none stands before another that was told before it began.
 */
export function wrongInLedger(
  sent: readonly ToldWrite[],
  done: readonly { readonly person: string; readonly write: string }[],
): string | null {
  const places = new Map(done.map(({ write }, at) => [write, at]));
  if (places.size !== done.length) return 'a write was done twice';
  const known = new Map(sent.map((each) => [each.write, each]));
  for (const { write, person } of done) {
    if (known.get(write)?.person !== person) return `${write} of ${person} was never sent`;
  }
  const lost = sent.find(({ write, toldAt }) => toldAt !== null && !places.has(write));
  if (lost !== undefined) return `${lost.write} was told of and never done`;
  for (const person of new Set(sent.map((each) => each.person))) {
    const own = sent.filter((each) => each.person === person && places.has(each.write));
    for (const before of own) {
      const after = own.find(
        ({ write, beganAt }) =>
          before.toldAt !== null &&
          before.toldAt < beganAt &&
          (places.get(write) ?? 0) < (places.get(before.write) ?? 0),
      );
      if (after !== undefined) return `${after.write} overtook ${before.write} of ${person}`;
    }
  }
  return null;
}
