import type { Readable } from 'node:stream';

/** All of a short body whose length is known; null when the client went away before its end. */
export function readWholeBody(stream: Readable, lengthBytes: number): Promise<Uint8Array | null> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    stream.on('data', (chunk: Buffer) => void chunks.push(chunk));
    stream.once('end', () => {
      const [only] = chunks;
      resolve(
        chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks, lengthBytes),
      );
    });
    stream.once('close', () => resolve(null));
  });
}
