import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** What is really held: what nobody can reach any more is collected first. */
export function heldHeapBytes(): number {
  collect();
  return process.memoryUsage().heapUsed;
}
