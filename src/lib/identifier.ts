/** 32 symbols, five bits each; without i, l, o and u, which are misread or make words. */
const SYMBOLS = '0123456789abcdefghjkmnpqrstvwxyz';

/**
 * A lower-case identifier with one symbol for each byte; as random as the bytes, five bits a
 * symbol.
 */
export function identifierFromBytes(bytes: Uint8Array): string {
  let identifier = '';
  for (const byte of bytes) identifier += SYMBOLS[byte & 31];
  return identifier;
}
