import { readFileSync } from 'node:fs';

const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');

/** The version of this Turnout, from its package.json. */
export const version: string = String((JSON.parse(text) as { version: unknown }).version);
