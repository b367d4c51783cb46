import { ServerResponse } from 'node:http';

import type { FrugalMessage } from './frugal-message.ts';

/** What Node's response notes of its head, for itself. */
interface Notes {
  _header: string | null;
  _headerSent: boolean;
  _hasBody: boolean;
}

/** A response whose head need not be written by Node, which looks at each field each time. */
export class FrugalResponse extends ServerResponse<FrugalMessage> {
  /** Ends it with `bytes`, head and body in HTTP/1.1; the connection stays open. */
  endAtOnce(bytes: Buffer): void {
    const notes = this as unknown as Notes;
    notes._header = 'written';
    notes._headerSent = true;
    // Whatever the method: these bytes are all there is.
    notes._hasBody = true;
    this.end(bytes);
  }
}
