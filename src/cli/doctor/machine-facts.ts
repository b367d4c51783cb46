import { existsSync, readFileSync, statfsSync } from 'node:fs';
import { dirname } from 'node:path';

/** Room on a file system. */
export interface Room {
  readonly freeBytes: number;
  readonly freeInodes: number;
  /** 0 where the file system counts none. */
  readonly inodes: number;
}

/** What a machine allows; null where it does not say. */
export interface MachineFacts {
  readonly nodeVersion: string;
  readonly softFiles: number | null;
  readonly hardFiles: number | null;
  readonly disk: Room | null;
  readonly sharedMemory: Room | null;
  readonly availableMemoryBytes: number | null;
  readonly somaxconn: number | null;
  readonly migratesRequests: boolean | null;
}

/** Reads them for a site whose state lies, or is to lie, in `root`. */
export function readMachineFacts(root: string): MachineFacts {
  const limits = readText('/proc/self/limits') ?? '';
  const [, soft, hard] = /^Max open files\s+(\S+)\s+(\S+)/m.exec(limits) ?? [];
  const memory = /^MemAvailable:\s+(\d+) kB/m.exec(readText('/proc/meminfo') ?? '')?.[1];
  const migrates = readText('/proc/sys/net/ipv4/tcp_migrate_req')?.trim();
  return {
    nodeVersion: process.versions.node,
    softFiles: limitOf(soft),
    hardFiles: limitOf(hard),
    disk: roomIn(nearest(root)),
    sharedMemory: roomIn('/dev/shm'),
    availableMemoryBytes: memory === undefined ? null : Number(memory) * 1_024,
    somaxconn: limitOf(readText('/proc/sys/net/core/somaxconn')?.trim()),
    migratesRequests: migrates === undefined ? null : migrates !== '0',
  };
}

function limitOf(text: string | undefined): number | null {
  if (text === undefined) return null;
  return text === 'unlimited' ? Number.POSITIVE_INFINITY : Number(text);
}

function roomIn(path: string): Room | null {
  if (!existsSync(path)) return null;
  const { bavail, bsize, files, ffree } = statfsSync(path);
  return { freeBytes: bavail * bsize, freeInodes: ffree, inodes: files };
}

/** The folder, or the nearest one above that is there. */
function nearest(path: string): string {
  return existsSync(path) || dirname(path) === path ? path : nearest(dirname(path));
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
