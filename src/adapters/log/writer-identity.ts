import { readlinkSync } from 'node:fs';
import { isRunning, ownProcessIdentity } from '../../lib/process-identity.ts';
import type { ProcessIdentity } from '../../lib/process-identity.ts';
import { readBootId } from './log-directory.ts';

/** Which process writes a log. A pid means nothing outside its boot and its namespace. */
export interface WriterIdentity extends ProcessIdentity {
  readonly bootId: string;
  readonly pidNamespace: string;
}

export function ownWriterIdentity(): WriterIdentity {
  const pidNamespace = readlinkSync('/proc/self/ns/pid');
  return { ...ownProcessIdentity(), bootId: readBootId(), pidNamespace };
}

/**
 * Whether the writer may still append. When that cannot be told (another pid namespace) the answer
 * is yes: then its last segment is kept, which costs space and loses nothing.
 */
export function mayStillWrite(writer: WriterIdentity, own: WriterIdentity): boolean {
  if (writer.bootId !== own.bootId) return false;
  if (writer.pidNamespace !== own.pidNamespace) return true;
  return isRunning(writer);
}
