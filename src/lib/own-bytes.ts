/**
 * A copy of all these in memory of its own. What Node.js allocates in small pieces lies in pools of
 * 64 KiB, and all of a pool stays for as long as any piece of it does: what is kept for long must
 * not be such a piece.
 */
export function ownBytes(parts: readonly Uint8Array[]): Buffer {
  const whole = Buffer.allocUnsafeSlow(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
