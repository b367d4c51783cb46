import { NeedLostError, fetchFrom, healthOf, log } from 'turnout/sdk';
import { readPartnerAnswer, type PollingPlace } from './polling-place.ts';

/** The partner's answers are small; whatever is larger is none of its. */
const MOST_BYTES = 256 * 1024;

export interface PartnerAnswer {
  readonly places: readonly PollingPlace[];
  /** When the partner said so, in milliseconds since the epoch. */
  readonly asOfMs: number;
  /** False where Turnout stood in for the partner with what it had said before. */
  readonly fresh: boolean;
}

/**
 * What the partner says; null when it says nothing that can be used, in time. The SDK holds the
 * deadline and the most calls at a time that service.yaml gives the need.
 */
export async function askPartner(zip: string): Promise<PartnerAnswer | null> {
  try {
    const answer = await fetchFrom('partner', `/partner/v1/polling-places?zip=${zip}`);
    if (!answer.ok) {
      await answer.body?.cancel();
      log.warn('the partner answered with an error', { status: answer.status });
      return null;
    }
    const places = readPartnerAnswer(parse(await boundedText(answer)));
    if (places === null) {
      log.warn('the partner’s answer cannot be read');
      return null;
    }
    const ageSeconds = Number(answer.headers.get('age') ?? 0);
    const fresh = healthOf(answer)?.rung !== 'stale';
    return { places, asOfMs: Date.now() - ageSeconds * 1_000, fresh };
  } catch (error) {
    if (!(error instanceof NeedLostError)) throw error;
    log.warn('the partner is lost', { reason: error.reason });
    return null;
  }
}

async function boundedText(answer: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of answer.body ?? []) {
    bytes += chunk.length;
    if (bytes > MOST_BYTES) return '';
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}
