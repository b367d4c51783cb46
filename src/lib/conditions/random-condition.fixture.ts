import { AddressList } from '../edge-language.ts';
import type { RequestView } from './request-view.ts';

/** Conditions and requests drawn by chance: two evaluators can be held against each other. */

type Draw = () => number;

const texts = [
  '',
  '/',
  '/api/donations',
  '/a',
  'GET',
  'POST',
  'a',
  'b',
  'US',
  'FR',
  'x=1',
  '9',
  '-3',
];
const names = ['a', 'b', 'user-agent', 'accept', 'us', '/a'];
const addresses = ['192.0.2.1', '203.0.113.7', '2001:db8::1', 'a'];
const patterns = ['^/api/', 'a|b', '[A-Z]+$', '^(?:GET|POST)$', '\\\\d', '', '(a+)+$'];
const whole = ['0', '1', '-1', '7', '64500', '9223372036854775807', '-9223372036854775807'];

export class Wall extends AddressList {
  holds(address: string): boolean {
    return address.startsWith('203.');
  }
}
// The peer knows a type by its constructor alone.
Object.defineProperty(Wall.prototype, 'constructor', { value: AddressList });

export const tables = new Map<string, AddressList | ReadonlyMap<string, string>>([
  ['wall', new Wall()],
  [
    'words',
    new Map([
      ['US', ''],
      ['/a', ''],
      ['a', ''],
    ]),
  ],
  [
    'moved',
    new Map([
      ['/a', '/b'],
      ['a', 'GET'],
    ]),
  ],
]);

export function randomRequest(draw: Draw): RequestView {
  const map = (): ReadonlyMap<string, string> =>
    new Map(names.filter(() => draw() < 0.4).map((name) => [name, pick(draw, texts)]));
  const headers = map();
  return {
    method: pick(draw, ['GET', 'POST', 'PUT']),
    host: pick(draw, ['a', 'site.example']),
    path: pick(draw, ['/', '/a', '/api/donations', '/api/x']),
    query: map(),
    headers,
    header: (name) => headers.get(name),
    cookies: map(),
    bodyBytes: pick(draw, [0n, 1n, 7n, -1n, 100_000n]),
    address: pick(draw, addresses),
    country: pick(draw, ['', 'US', 'FR']),
    asNumber: pick(draw, [0n, 64500n]),
    asName: pick(draw, ['', 'a']),
    trustedHop: draw() < 0.5,
  };
}

/** The same request as the peer takes it. */
export function peerContext(view: RequestView): Readonly<Record<string, unknown>> {
  const { header: _, bodyBytes, address, country, asNumber, asName, trustedHop, ...request } = view;
  return {
    request: { ...request, body_bytes: bodyBytes },
    client: { address, country, as_number: asNumber, as_name: asName, trusted_hop: trustedHop },
    tables: Object.fromEntries(tables),
  };
}

function pick<T>(draw: Draw, from: readonly T[]): T {
  const found = from[Math.floor(draw() * from.length)];
  if (found === undefined) throw new Error('there is nothing to pick from');
  return found;
}

/** A condition of some depth, in CEL. */
export function randomCondition(draw: Draw, depth: number): string {
  if (depth <= 0) return pick(draw, ['true', 'false', 'client.trusted_hop']);
  const bool = (): string => randomCondition(draw, depth - 1);
  const text = (): string => randomText(draw, depth - 1);
  const int = (): string => randomInt(draw, depth - 1);
  const double = (): string => randomDouble(draw, depth - 1);
  const forms: readonly (() => string)[] = [
    () => `(${bool()} && ${bool()})`,
    () => `(${bool()} || ${bool()})`,
    () => `!${bool()}`,
    () => `(${bool()} ? ${bool()} : ${bool()})`,
    () => `(${bool()} == ${bool()})`,
    () => `(${text()} ${pick(draw, ['==', '!=', '<', '<=', '>', '>='])} ${text()})`,
    () => `(${int()} ${pick(draw, ['==', '!=', '<', '<=', '>', '>='])} ${int()})`,
    () => `(${double()} ${pick(draw, ['==', '!=', '<', '>='])} ${double()})`,
    () => `(${int()} ${pick(draw, ['<', '<=', '>', '>='])} ${double()})`,
    () => `${text()}.${pick(draw, ['startsWith', 'endsWith', 'contains'])}(${text()})`,
    () => `${text()}.matches("${pick(draw, patterns)}")`,
    () => `(${text()} in [${text()}, ${text()}, ${quoted(pick(draw, texts))}])`,
    () => `(${text()} in [${texts.map(quoted).join(', ')}])`,
    () => `(${int()} in [${int()}, 7])`,
    () => `(${text()} in ${randomMap(draw)})`,
    () => `(${text()} in tables.wall)`,
    () =>
      `has(${randomMap(draw).replace(/\["(\w+)"\]/, '.$1')}.${pick(draw, ['a', 'b', 'accept'])})`,
    () => `has(request.path)`,
    () => `client.trusted_hop`,
  ];
  return pick(draw, forms)();
}

function randomText(draw: Draw, depth: number): string {
  const field = pick(draw, [
    'request.method',
    'request.path',
    'request.host',
    'client.country',
    'client.address',
    'client.as_name',
    'request["path"]',
  ]);
  if (depth <= 0) return draw() < 0.5 ? field : quoted(pick(draw, texts));
  const text = (): string => randomText(draw, depth - 1);
  const forms: readonly (() => string)[] = [
    () => field,
    () => quoted(pick(draw, texts)),
    () => `${randomMap(draw)}[${quoted(pick(draw, names))}]`,
    () => `${randomMap(draw)}[${text()}]`,
    () => `${randomMap(draw)}.${pick(draw, ['a', 'b', 'accept'])}`,
    () => `(${text()} + ${text()})`,
    () => `(${randomCondition(draw, depth - 1)} ? ${text()} : ${text()})`,
    () => `${text()}.${pick(draw, ['lowerAscii', 'upperAscii', 'trim'])}()`,
    () => `string(${randomInt(draw, depth - 1)})`,
    () => `string(${text()})`,
  ];
  return pick(draw, forms)();
}

function randomInt(draw: Draw, depth: number): string {
  if (depth <= 0) return pick(draw, [...whole, 'request.body_bytes', 'client.as_number']);
  const int = (): string => randomInt(draw, depth - 1);
  const text = (): string => randomText(draw, depth - 1);
  const forms: readonly (() => string)[] = [
    () => pick(draw, [...whole, 'request.body_bytes', 'client.as_number']),
    () => `(${int()} ${pick(draw, ['+', '-', '*', '/', '%'])} ${int()})`,
    () => `size(${text()})`,
    () => `${text()}.size()`,
    () => `size(${randomMap(draw)})`,
    () => `${text()}.indexOf(${text()})`,
    // The peer reads the empty text as 0, against CEL.
    () => `int("0" + ${text()})`,
    () => `(${randomCondition(draw, depth - 1)} ? ${int()} : ${int()})`,
  ];
  return pick(draw, forms)();
}

function randomDouble(draw: Draw, depth: number): string {
  const plain = pick(draw, ['0.5', '1.5', '7.0', '-2.25']);
  if (depth <= 0 || draw() < 0.5) return plain;
  const operator = pick(draw, ['+', '-', '*', '/']);
  return `(${randomDouble(draw, depth - 1)} ${operator} ${randomDouble(draw, depth - 1)})`;
}

function randomMap(draw: Draw): string {
  return pick(draw, [
    'request.query',
    'request.headers',
    'request.cookies',
    'tables.words',
    'tables.moved',
    'tables["moved"]',
  ]);
}

function quoted(text: string): string {
  return JSON.stringify(text);
}
