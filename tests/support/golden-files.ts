import assert from 'node:assert/strict';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';

/** One file of inputs and the outputs they must give. */
export interface GoldenFile {
  /** Its name as a sentence. */
  readonly claim: string;
  readonly text: string;
  /**
   * Holds the file against what comes out now. With `TURNOUT_UPDATE_GOLDEN=1` in the environment it
   * is rewritten instead: then the diff is for a person to read.
   */
  readonly mustBe: (now: string) => void;
}

export function goldenFiles(folder: URL): readonly GoldenFile[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.golden'))
    .sort()
    .map((name) => {
      const file = new URL(name, folder);
      const text = readFileSync(file, 'utf8');
      const mustBe = (now: string): void => {
        if (process.env['TURNOUT_UPDATE_GOLDEN'] === '1') writeFileSync(file, now);
        else assert.equal(now, text);
      };
      return { claim: name.replace('.golden', '').replaceAll('-', ' '), text, mustBe };
    });
}

export function keptText(file: URL): string {
  return readFileSync(file, 'utf8');
}
