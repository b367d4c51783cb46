/**
 * Positions in PostgreSQL's write-ahead log (an LSN such as `0/16B3748`: two hexadecimal halves of
 * a byte offset) and the segment files it is cut into.
 */
export function walBytes(lsn: string): bigint {
  const match = /^([0-9A-F]{1,8})\/([0-9A-F]{1,8})$/i.exec(lsn);
  if (match === null) throw new Error(`${JSON.stringify(lsn)} is no position of a log`);
  return (BigInt(`0x${match[1] ?? ''}`) << 32n) | BigInt(`0x${match[2] ?? ''}`);
}

/** How many bytes of log lie from `before` to `after`; negative when it is the other way round. */
export function walDistance(before: string, after: string): number {
  return Number(walBytes(after) - walBytes(before));
}

/** The later of two positions. */
export function laterPosition(one: string, other: string): string {
  return walBytes(one) >= walBytes(other) ? one : other;
}

/** Segments of 16 MiB, which is what initdb makes: that many of them to each step of the middle. */
const segmentsInStep = 0x100;
const mostSegments = 100_000;

/** The names of the segments from `first` to `last`, both among them. */
export function walSegments(first: string, last: string): readonly string[] {
  const timeline = first.slice(0, 8);
  const number = (name: string): number =>
    Number.parseInt(name.slice(8, 16), 16) * segmentsInStep + Number.parseInt(name.slice(16), 16);
  const count = number(last) - number(first) + 1;
  if (timeline !== last.slice(0, 8) || !(count > 0 && count < mostSegments)) {
    throw new Error(`there is no run of log from ${first} to ${last}`);
  }
  const hex = (value: number): string => value.toString(16).toUpperCase().padStart(8, '0');
  return Array.from({ length: count }, (_, index) => {
    const at = number(first) + index;
    return timeline + hex(Math.floor(at / segmentsInStep)) + hex(at % segmentsInStep);
  });
}
