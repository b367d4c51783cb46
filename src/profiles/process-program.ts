import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * The file that Node.js runs for one of our processes; beside this one, as source here and compiled
 * in a package.
 */
export function processProgram(
  name: 'keeper-process' | 'controller-process' | 'worker-process' | 'links-process',
): string {
  const extension = extname(import.meta.filename);
  return fileURLToPath(new URL(`./${name}${extension}`, import.meta.url));
}
