import type { Duplex } from 'node:stream';

import type { CompiledSide } from './compile-configuration.ts';
import { admit, type Admitted, type ReceivedRequest } from './edge/admit/admit.ts';
import type { Refusal } from './edge/admit/refusal.ts';
import { withCors } from './edge/cors.ts';
import { UpgradeExchange } from './edge/receive/node-exchange.ts';
import type { Reply } from './edge/respond/reply.ts';
import { sendUpgrade } from './edge/respond/send-upgrade.ts';
import { type Answer, header } from './exchange.ts';
import type { Match } from './gateway/route/compile-routes.ts';
import type { HealthText } from './gateway/saying/health-texts.ts';
import { problemAnswer } from './problems.ts';
import { beginPassage, failed, type Passage, type PipelineParts, runStages } from './stages.ts';

/** Takes a request whose answer is an answer, in whatever protocol it came. */
export function handleRequest(
  received: ReceivedRequest | Refusal,
  reply: Reply,
  parts: PipelineParts,
): void {
  const begun = begin(received, parts);
  if ('refused' in begun) {
    reply.send(begun.refused, null);
    return;
  }
  const { configuration } = begun;
  const exchange = reply.begin(begun.admitted);
  const passage = beginPassage(exchange, configuration);
  const answer = runStages(passage, parts);
  if (answer instanceof Promise) void sendLater(answer, passage, reply, parts);
  else send(answer, passage, reply, parts);
}

/** Apart, as what is at hand is to cost no closure. */
async function sendLater(
  later: Promise<Answer>,
  passage: Passage,
  reply: Reply,
  parts: PipelineParts,
): Promise<void> {
  const answer = await later.catch((error: unknown) => failed(error, passage, parts));
  send(answer, passage, reply, parts);
}

function send(answer: Answer, passage: Passage, reply: Reply, parts: PipelineParts): void {
  try {
    reply.send(finish(answer, passage, parts), healthOf(answer, passage.match));
  } catch (error) {
    // An answer that cannot be written: nothing whole can follow.
    parts.report(error, passage.exchange, parts.side);
    reply.cut();
  }
}

/** Takes a request to switch to another protocol: from here on there is only a socket. */
export function handleUpgrade(
  received: ReceivedRequest,
  socket: Duplex,
  head: Buffer,
  parts: PipelineParts,
): void {
  const begun = begin(received, parts);
  if ('refused' in begun) {
    sendUpgrade(begun.refused, socket, []);
    return;
  }
  if (head.length > 0) socket.unshift(head);
  const { configuration } = begun;
  const exchange = new UpgradeExchange(begun.admitted, socket);
  const passage = beginPassage(exchange, configuration);
  Promise.resolve(runStages(passage, parts))
    .catch((error: unknown) => failed(error, passage, parts))
    .then((answer) => {
      const health = healthOf(answer, passage.match);
      const own = health === null ? [] : ['service-health', health.value];
      const finished = finish(answer, passage, parts);
      return sendUpgrade(finished, socket, [...own, 'x-request-id', exchange.id]);
    })
    .catch((error: unknown) => {
      parts.report(error, exchange, parts.side);
      socket.destroy();
    });
}

type Begun =
  | { readonly refused: Answer }
  | { readonly admitted: Admitted; readonly configuration: CompiledSide };

function begin(received: ReceivedRequest | Refusal, parts: PipelineParts): Begun {
  const configuration = parts.configuration();
  if (configuration === null) {
    const headers = ['retry-after', '1'];
    return {
      refused: problemAnswer('no-configuration', { detail: 'Try again in a moment.', headers }),
    };
  }
  if ('problem' in received) return { refused: problemAnswer(received.problem, received) };
  const admitted: Admitted | Refusal = admit(received, configuration.trusts, parts.traceIds);
  if ('problem' in admitted) return { refused: problemAnswer(admitted.problem, admitted) };
  return { admitted, configuration };
}

/** What holds for every answer to a matched route, our own errors included. */
function finish(answer: Answer, passage: Passage, parts: PipelineParts): Answer {
  const { exchange, match, configuration, askedMs } = passage;
  if (parts.side === 'public') parts.autoBan.count(exchange, answer, configuration.trusts);
  if (match.kind !== 'route') return answer;
  const { standing, cors } = match.route;
  if (askedMs === null) standing.count(answer, parts.wheel.nowMs, null);
  else {
    standing.inFlight--;
    standing.count(answer, parts.wheel.nowMs, parts.clock.monotonicMs() - askedMs);
  }
  if (cors === null) return answer;
  return withCors(answer, cors, header(exchange.request.headers, 'origin'));
}

/** What an answer says of the feature that was asked; frontends and refusals say nothing. */
function healthOf(answer: Answer, match: Match): HealthText | null {
  return match.kind === 'route' ? match.route.health.of(answer) : null;
}
