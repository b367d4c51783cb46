/** What is done with a header of a service's answer, by its name. */
export interface AnswerHeaderName {
  /** As received, with its colon. */
  readonly received: string;
  /** Lower case, one string object per name. */
  readonly name: string;
  /**
   * Passed on, read by the parser, or taken out: it speaks of one connection, or is only ours to
   * say.
   */
  readonly use: 'end-to-end' | 'read' | 'dropped';
}

const read = new Set([
  'content-length',
  'transfer-encoding',
  'connection',
  'keep-alive',
  'service-health',
  'upgrade',
]);
const dropped = new Set([
  'proxy-authenticate',
  'proxy-connection',
  'te',
  'trailer',
  'x-request-id',
]);
const MAX_KNOWN = 2_000;
const known = new Map<string, AnswerHeaderName>();

/**
 * What a name received with its colon (any case, well formed) is; remembered, because origins send
 * the same few.
 */
export function answerHeaderName(received: string): AnswerHeaderName {
  const found = known.get(received);
  if (found !== undefined) return found;
  const name = received.slice(0, -1).toLowerCase();
  const made: AnswerHeaderName = { received, name, use: useOf(name) };
  if (known.size >= MAX_KNOWN) known.clear();
  known.set(received, made);
  return made;
}

function useOf(name: string): AnswerHeaderName['use'] {
  if (read.has(name)) return 'read';
  return dropped.has(name) || name.startsWith('x-turnout-') ? 'dropped' : 'end-to-end';
}
