import { open } from 'node:fs/promises';

const windowBytes = 64 * 1024;
const longestLine = 1_000;

/**
 * The last `limit` lines of a text file, oldest first, each cut to 1,000 characters, read from its
 * last 64 KiB; none when the file is not there.
 */
export async function lastLines(file: string, limit: number): Promise<readonly string[]> {
  const handle = await open(file, 'r').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  if (handle === null) return [];
  try {
    const { size } = await handle.stat();
    const start = Math.max(0, size - windowBytes);
    const buffer = Buffer.alloc(Math.min(size, windowBytes));
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, start);
    const lines = buffer.toString('utf8', 0, bytesRead).split('\n');
    if (start > 0) lines.shift();
    if (lines.at(-1) === '') lines.pop();
    return lines.slice(-limit).map((line) => line.slice(0, longestLine));
  } finally {
    await handle.close();
  }
}
