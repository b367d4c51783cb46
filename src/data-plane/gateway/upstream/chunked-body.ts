import { mayBeTrailer } from '../../trailers.ts';

/** The chunked coding (RFC 9112, section 7.1), read strictly from whatever pieces arrive. */
export interface ChunkedState {
  phase: 'size' | 'data' | 'data-end' | 'trailers' | 'done';
  remaining: number;
  /** A size or trailer line that came without its end. */
  line: string;
  trailerBytes: number;
  readonly trailers: string[];
}

export interface ChunkListener {
  body(chunk: Buffer): void;
}

const sizeLine = /^([0-9A-Fa-f]{1,12})(?:[\t ]*;[\t -~\x80-\xff]*)?$/;
const trailerLine = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):([\t -~\x80-\xff]*)$/;
const MAX_LINE_BYTES = 8 * 1024;
const MAX_TRAILER_BYTES = 32 * 1024;
export function createChunkedState(): ChunkedState {
  return { phase: 'size', remaining: 0, line: '', trailerBytes: 0, trailers: [] };
}

/** Reads from `bytes`; returns how many were taken (fewer only when done), or what was wrong. */
export function readChunked(
  state: ChunkedState,
  bytes: Buffer,
  listener: ChunkListener,
): number | string {
  let at = 0;
  while (at < bytes.length && state.phase !== 'done') {
    if (state.phase === 'data') {
      const end = Math.min(bytes.length, at + state.remaining);
      state.remaining -= end - at;
      listener.body(bytes.subarray(at, end));
      at = end;
      if (state.remaining === 0) state.phase = 'data-end';
      continue;
    }
    const lineEnd = bytes.indexOf(10, at);
    state.line += bytes.toString('latin1', at, lineEnd === -1 ? bytes.length : lineEnd + 1);
    if (state.line.length > MAX_LINE_BYTES) return 'a chunk line is too large';
    if (lineEnd === -1) return bytes.length;
    at = lineEnd + 1;
    if (!state.line.endsWith('\r\n')) return 'a lone LF in the chunked coding';
    const line = state.line.slice(0, -2);
    state.line = '';
    const fault = takeLine(state, line);
    if (fault !== null) return fault;
  }
  return at;
}

function takeLine(state: ChunkedState, line: string): string | null {
  if (state.phase === 'data-end') {
    if (line !== '') return 'a chunk is longer than it said';
    state.phase = 'size';
    return null;
  }
  if (state.phase === 'size') {
    const size = sizeLine.exec(line);
    if (size === null) return 'a malformed chunk size';
    state.remaining = Number.parseInt(size[1] ?? '', 16);
    state.phase = state.remaining === 0 ? 'trailers' : 'data';
    return null;
  }
  if (line === '') {
    state.phase = 'done';
    return null;
  }
  const trailer = trailerLine.exec(line);
  if (trailer === null) return 'a malformed trailer';
  state.trailerBytes += line.length;
  if (state.trailerBytes > MAX_TRAILER_BYTES) return 'the trailers are too large';
  const name = (trailer[1] ?? '').toLowerCase();
  if (mayBeTrailer(name)) {
    state.trailers.push(name, (trailer[2] ?? '').trim());
  }
  return null;
}
