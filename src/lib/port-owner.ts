import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

export interface PortOwner {
  readonly pid: number;
  readonly command: string;
}

/**
 * Who listens on a TCP port of this machine, as far as this user may see (proc(5)); null when
 * nobody does or when the owner belongs to another user. For error messages, not for decisions: it
 * is a scan, and a moment old.
 */
export function findPortOwner(port: number): PortOwner | null {
  const inodes = listeningInodes(port);
  if (inodes.size === 0) return null;
  for (const entry of readdirSync('/proc')) {
    const pid = Number(entry);
    if (Number.isInteger(pid) && holdsOneOf(pid, inodes)) return { pid, command: commandOf(pid) };
  }
  return null;
}

/**
 * Columns of /proc/net/tcp: sl, local_address (hex `address:port`), rem_address, st, …, inode in
 * the tenth.
 */
function listeningInodes(port: number): Set<string> {
  const wanted = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const listening = '0A';
  const inodes = new Set<string>();
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6']) {
    for (const line of readOrEmpty(table).split('\n').slice(1)) {
      const columns = line.trim().split(/\s+/);
      const inode = columns[9];
      if (columns[1]?.endsWith(wanted) && columns[3] === listening && inode) inodes.add(inode);
    }
  }
  return inodes;
}

function holdsOneOf(pid: number, inodes: ReadonlySet<string>): boolean {
  const folder = `/proc/${pid}/fd`;
  let descriptors: string[];
  try {
    descriptors = readdirSync(folder);
  } catch {
    return false;
  }
  return descriptors.some((descriptor) => {
    try {
      const inode = /^socket:\[(\d+)\]$/.exec(readlinkSync(`${folder}/${descriptor}`))?.[1];
      return inode !== undefined && inodes.has(inode);
    } catch {
      return false;
    }
  });
}

function commandOf(pid: number): string {
  const words = readOrEmpty(`/proc/${pid}/cmdline`).split('\0').filter(Boolean);
  return words.join(' ').slice(0, 120) || 'unknown';
}

function readOrEmpty(file: string): string {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return '';
  }
}
