import { answerTraps } from './answers.ts';
import { forwardingTraps } from './forwarding.ts';
import { requestTraps } from './requests.ts';
import { streamingTraps } from './streaming.ts';
import type { Trap } from './trap.ts';

/** Every trap we know, in groups. */
export const traps: Readonly<Record<string, readonly Trap[]>> = {
  requests: requestTraps,
  forwarding: forwardingTraps,
  answers: answerTraps,
  streaming: streamingTraps,
};
