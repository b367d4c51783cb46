import { TurnoutError } from '../../lib/errors.ts';
import type { JsonValue } from '../../lib/json.ts';

/** The largest value, as JSON in UTF-8. */
export const STATE_VALUE_LIMIT_BYTES = 1024 * 1024;

const KEY_LIMIT_CHARACTERS = 512;

/** Lower-case words of letters, digits and `. _ : @ -`, separated by single slashes. */
const KEY = /^[a-z0-9._:@-]+(?:\/[a-z0-9._:@-]+)*$/;

/** Refuses (`state-key-invalid`) what not every adapter could keep under its own name. */
export function checkStateKey(key: string): void {
  if (key.length <= KEY_LIMIT_CHARACTERS && KEY.test(key)) return;
  throw new TurnoutError(
    'state-key-invalid',
    `${JSON.stringify(key)} cannot be a key of the state.`,
    `Use lower-case words of letters, digits and . _ : @ - separated by slashes, at most ${KEY_LIMIT_CHARACTERS} characters.`,
  );
}

/** The value as JSON text; refuses (`state-value-too-large`) what is beyond the limit. */
export function stateValueText(key: string, value: JsonValue): string {
  const text = JSON.stringify(value);
  const bytes = Buffer.byteLength(text);
  if (bytes <= STATE_VALUE_LIMIT_BYTES) return text;
  throw new TurnoutError(
    'state-value-too-large',
    `The value for ${key} has ${bytes} bytes; the state keeps at most ${STATE_VALUE_LIMIT_BYTES}.`,
    'Put the bytes into the blobs and keep their digest in the state.',
  );
}
