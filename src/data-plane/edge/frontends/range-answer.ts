import type { Answer } from '../../exchange.ts';
import { problemAnswer } from '../../problems.ts';
import type { ByteRange } from './byte-ranges.ts';
import type { ContentStore, Piece } from './content-store.ts';
import type { PageVersion } from './page.ts';

/** 206 with one range, or several as `multipart/byteranges` (RFC 9110 15.3.7, 14.6). */
export async function rangeAnswer(
  store: ContentStore,
  version: PageVersion,
  ranges: readonly ByteRange[],
): Promise<Answer> {
  const { content } = version.representation;
  const [only] = ranges;
  const part =
    ranges.length === 1 && only !== undefined
      ? singlePart(version, only)
      : multipart(version, ranges);
  const headers = ['content-length', String(part.bytes), ...part.headers];
  return { status: 206, headers, body: await store.read(content, part.pieces) };
}

/** 416 says how long the content is, so that the client can ask better (RFC 9110 15.5.17). */
export function unsatisfiableAnswer(version: PageVersion, requestId: string): Answer {
  const { bytes } = version.representation.content;
  return problemAnswer('range-not-satisfiable', {
    detail: `The content is ${bytes} bytes long.`,
    requestId,
    headers: ['content-range', `bytes */${bytes}`],
  });
}

interface Part {
  readonly headers: readonly string[];
  readonly pieces: readonly Piece[];
  readonly bytes: number;
}

function singlePart(version: PageVersion, range: ByteRange): Part {
  return {
    headers: ['content-range', contentRange(version, range), ...version.commonHeaders],
    pieces: [range],
    bytes: range.end - range.start,
  };
}

function multipart(version: PageVersion, ranges: readonly ByteRange[]): Part {
  const { etag } = version.representation;
  // Sure not to occur in the content: that would take a file that holds its own digest.
  const boundary = `turnout-${etag.replaceAll('"', '')}`;
  const [type, ...common] = [version.commonHeaders[1] as string, ...version.commonHeaders.slice(2)];
  const pieces: Piece[] = [];
  let bytes = 0;
  for (const range of ranges) {
    const head = Buffer.from(
      `\r\n--${boundary}\r\nContent-Type: ${type}\r\nContent-Range: ${contentRange(version, range)}\r\n\r\n`,
    );
    pieces.push(head, range);
    bytes += head.length + range.end - range.start;
  }
  const end = Buffer.from(`\r\n--${boundary}--\r\n`);
  return {
    headers: ['content-type', `multipart/byteranges; boundary=${boundary}`, ...common],
    pieces: [...pieces, end],
    bytes: bytes + end.length,
  };
}

function contentRange(version: PageVersion, { start, end }: ByteRange): string {
  return `bytes ${start}-${end - 1}/${version.representation.content.bytes}`;
}
