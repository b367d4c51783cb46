/**
 * What is kept by address, under its origin first and its target below that: both are at hand where
 * a request is looked up, and a text made of the two would have to be joined and hashed each time.
 */
export class AddressMap<Item> {
  readonly #origins = new Map<string, Map<string, Item>>();

  /** As `originOf` and `targetOf` say them. */
  find(origin: string, target: string): Item | undefined {
    return this.#origins.get(origin)?.get(target);
  }

  get(address: string): Item | undefined {
    const at = targetStart(address);
    return this.find(address.slice(0, at), address.slice(at));
  }

  set(address: string, item: Item): void {
    const at = targetStart(address);
    const origin = address.slice(0, at);
    const targets = this.#origins.get(origin);
    if (targets === undefined) this.#origins.set(origin, new Map([[address.slice(at), item]]));
    else targets.set(address.slice(at), item);
  }

  delete(address: string): void {
    const at = targetStart(address);
    const origin = address.slice(0, at);
    const targets = this.#origins.get(origin);
    targets?.delete(address.slice(at));
    if (targets?.size === 0) this.#origins.delete(origin);
  }

  /** Each address with what is kept under it. */
  *[Symbol.iterator](): Generator<readonly [address: string, item: Item]> {
    for (const [origin, targets] of this.#origins) {
      for (const [target, item] of targets) yield [`${origin}${target}`, item];
    }
  }
}

/** Behind the one space, the scheme and the authority. */
function targetStart(address: string): number {
  const start = address.indexOf('/', address.indexOf('://', address.indexOf(' ')) + 3);
  return start === -1 ? address.length : start;
}
