import type { Exchange } from '../../exchange.ts';

/** What of a request a file's answer depends on. */
export interface FileRequest {
  readonly id: string;
  readonly method: string;
  accept: string | undefined;
  acceptEncoding: string | undefined;
  ifMatch: string | undefined;
  ifNoneMatch: string | undefined;
  ifRange: string | undefined;
  range: string | undefined;
}

/** Picks it in one pass. List-valued headers sent as several lines count as one (RFC 9110 5.3). */
export function readFileRequest({ id, request }: Exchange): FileRequest {
  const { method, headers } = request;
  const fields: FileRequest = {
    id,
    method,
    accept: undefined,
    acceptEncoding: undefined,
    ifMatch: undefined,
    ifNoneMatch: undefined,
    ifRange: undefined,
    range: undefined,
  };
  for (let index = 0; index < headers.length; index += 2) {
    const value = headers[index + 1] as string;
    switch (headers[index]) {
      case 'accept':
        fields.accept = joined(fields.accept, value);
        break;
      case 'accept-encoding':
        fields.acceptEncoding = joined(fields.acceptEncoding, value);
        break;
      case 'if-match':
        fields.ifMatch = joined(fields.ifMatch, value);
        break;
      case 'if-none-match':
        fields.ifNoneMatch = joined(fields.ifNoneMatch, value);
        break;
      case 'if-range':
        fields.ifRange = value;
        break;
      case 'range':
        fields.range = joined(fields.range, value);
        break;
      default:
    }
  }
  return fields;
}

function joined(before: string | undefined, value: string): string {
  return before === undefined ? value : `${before}, ${value}`;
}
