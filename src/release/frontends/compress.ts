import { promisify } from 'node:util';
import { brotliCompress, constants, gzip, zstdCompress } from 'node:zlib';
import { codings, type Coding } from '../../contract/frontend-release.ts';

/**
 * Names the settings below; change it with them, and variants made with older settings are made
 * anew.
 */
export const compressionSettings = 'br 11/9, zstd 19/12, gzip 9; at least 5 % and 64 bytes saved';

/** Longer content is served as it is: compressing it would hold up a release for minutes. */
export const compressibleBytes = 32 * 1024 ** 2;

/**
 * Content up to this length gets the highest effort; beyond it the last few percent cost seconds.
 */
const highestEffortBytes = 1024 ** 2;

/** RFC 9659: a receiver of zstd over HTTP need not take windows beyond 8 MiB. */
const zstdWindowLog = 23;

/**
 * The bytes in each coding that makes them worthwhile smaller. Runs in the thread pool of libuv,
 * off the main loop.
 */
export async function compress(bytes: Uint8Array): Promise<Map<Coding, Uint8Array>> {
  const small = new Map<Coding, Uint8Array>();
  for (const coding of codings) {
    const encoded = await compressors[coding](bytes);
    if (isWorthwhile(bytes.length, encoded.length)) small.set(coding, encoded);
  }
  return small;
}

function isWorthwhile(before: number, after: number): boolean {
  return before - after >= Math.max(64, before * 0.05);
}

const compressors: Readonly<Record<Coding, (bytes: Uint8Array) => Promise<Uint8Array>>> = {
  br: (bytes) =>
    promisify(brotliCompress)(bytes, {
      params: {
        [constants.BROTLI_PARAM_QUALITY]: bytes.length <= highestEffortBytes ? 11 : 9,
        [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
      },
    }),
  zstd: (bytes) =>
    promisify(zstdCompress)(bytes, {
      // Unless it is told, zstd makes ready for the longest content there is: 46 ms for each small
      // file.
      pledgedSrcSize: bytes.length,
      params: {
        [constants.ZSTD_c_compressionLevel]: bytes.length <= highestEffortBytes ? 19 : 12,
        [constants.ZSTD_c_windowLog]: zstdWindowLog,
      },
    }),
  gzip: (bytes) => promisify(gzip)(bytes, { level: 9 }),
};
