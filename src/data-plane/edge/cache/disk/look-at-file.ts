import { open, type FileHandle } from 'node:fs/promises';
import { decodeHead, headBytes, type FileHead } from './disk-file.ts';

/** Enough for nearly all heads; a longer one takes a second look. */
const FIRST_LOOK_BYTES = 4_096;

/** The head of a file that is as long as its head says; null for any other. */
export async function lookAt(path: string): Promise<FileHead | null> {
  const file = await open(path, 'r').catch(() => null);
  if (file === null) return null;
  try {
    const { size } = await file.stat();
    const first = await readStart(file, FIRST_LOOK_BYTES);
    const needed = headBytes(first);
    if (needed === null || needed > size) return null;
    const head = decodeHead(needed <= first.length ? first : await readStart(file, needed));
    return head !== null && head.fileBytes === size ? head : null;
  } catch {
    return null;
  } finally {
    await file.close();
  }
}

async function readStart(file: FileHandle, bytes: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(bytes), 0, bytes, 0);
  return buffer.subarray(0, bytesRead);
}
