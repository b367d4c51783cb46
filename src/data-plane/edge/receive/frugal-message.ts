import { type IncomingHttpHeaders, IncomingMessage } from 'node:http';

/** What Node's server and what is made of it ask for by name, by the length of the name. */
const askedFor = new Map(
  ['te', 'expect', 'upgrade', 'connection', 'content-length', 'transfer-encoding'].map((name) => [
    name.length,
    name,
  ]),
);

/**
 * A request whose `headers` are the few that decide how it is read. Node makes an object of all of
 * them as soon as one is asked for, and asks for one of every request; admit reads `rawHeaders`
 * instead, and a browser's dozen fields would be listed twice.
 */
export class FrugalMessage extends IncomingMessage {
  /** Made when it is first asked for. */
  decisive: IncomingHttpHeaders | null = null;
}

// An accessor in the class would be one in place of a property, which TypeScript does not allow.
Object.defineProperty(FrugalMessage.prototype, 'headers', {
  get(this: FrugalMessage): IncomingHttpHeaders {
    return (this.decisive ??= decisiveOf(this.rawHeaders));
  },
});

/** Values of a field that comes more than once are joined (RFC 9110, section 5.3). */
export function decisiveOf(rawHeaders: readonly string[]): IncomingHttpHeaders {
  const found: Record<string, string> = {};
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const said = rawHeaders[i] ?? '';
    const name = askedFor.get(said.length);
    // Most that are as long begin with another letter.
    if (name === undefined || (said.charCodeAt(0) | 0x20) !== name.charCodeAt(0)) continue;
    if (said !== name && said.toLowerCase() !== name) continue;
    const value = rawHeaders[i + 1] ?? '';
    const before = found[name];
    found[name] = before === undefined ? value : `${before}, ${value}`;
  }
  return found;
}
