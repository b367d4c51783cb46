import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { referenceFiles } from './reference-files.ts';

/** `npm run reference`: writes the generated part of docs/reference/ anew. */
const folder = fileURLToPath(new URL('../docs/reference/', import.meta.url));

for (const [path, text] of referenceFiles()) {
  const target = join(folder, path);
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(target, text);
}
