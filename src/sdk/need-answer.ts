import type { IncomingMessage } from 'node:http';
import { hopHeaders } from './hop-headers.ts';

const withoutBody = new Set([101, 204, 205, 304]);

/** What the site says itself in place of a partner, whose own words it marks otherwise. */
const saidBySite = /(?:^|, ?)turnout; error=[\w-]+; details="([\w-]+)"$/;

/**
 * Throws where the site stands in front of a partner and had nothing of it: to who calls, a partner
 * is lost with a proxy as without. An answer that stands in is one.
 */
export function throwWhereLost({ statusCode = 502, headers }: IncomingMessage): void {
  if (statusCode < 500) return;
  const [, why] = saidBySite.exec([headers['proxy-status'] ?? []].flat().join(', ')) ?? [];
  if (why !== undefined) throw new Error(`the site could not have it: ${why}`);
}

/**
 * An answer of a need as a Response; whoever reads its body gets what `broken` makes of the error
 * where it breaks off. Throws for a status that a Response cannot have.
 */
export function toResponse(
  answer: IncomingMessage,
  method: string,
  broken: (error: unknown) => unknown,
): Response {
  const headers = new Headers();
  const { rawHeaders, statusCode: status = 502 } = answer;
  // A parser lets more through than a Response may have.
  if (status < 200 || status > 599) throw new Error(`its answer has the status ${status}`);
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] as string;
    // So that a service may hand the answer on as it is.
    if (!hopHeaders.has(name.toLowerCase())) headers.append(name, rawHeaders[at + 1] as string);
  }
  if (method === 'HEAD' || withoutBody.has(status)) {
    answer.resume();
    return new Response(null, { status, headers });
  }
  return new Response(bodyOf(answer, broken), { status, headers });
}

function bodyOf(
  answer: IncomingMessage,
  broken: (error: unknown) => unknown,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const chunks = answer[Symbol.asyncIterator]() as AsyncIterator<Uint8Array<ArrayBuffer>, void>;
  let isCancelled = false;
  return new ReadableStream({
    async pull(controller) {
      try {
        const { done, value } = await chunks.next();
        if (isCancelled) return;
        if (done === true) controller.close();
        else controller.enqueue(value);
      } catch (error) {
        // After a cancel nobody is there to be told, and nothing was lost.
        if (!isCancelled) controller.error(broken(error));
      }
    },
    cancel() {
      isCancelled = true;
      answer.destroy();
    },
  });
}
