import { systemClock } from '../../src/adapters/system/clock.ts';
import { systemRandomness } from '../../src/adapters/system/randomness.ts';
import { compileConfiguration } from '../../src/data-plane/compile-configuration.ts';
import { createTraceIds } from '../../src/data-plane/edge/admit/trace-ids.ts';
import { listen, type Listener } from '../../src/data-plane/edge/receive/listener.ts';
import { NodeReply } from '../../src/data-plane/edge/respond/node-reply.ts';
import { createNodeHttp } from '../../src/data-plane/edge/receive/node-http.ts';
import { HeldClients } from '../../src/data-plane/edge/rules/held-clients.ts';
import { createServices, type RunningService } from '../../src/data-plane/gateway/services.ts';
import { Shedder } from '../../src/data-plane/gateway/shed/shedder.ts';
import type { Endpoint } from '../../src/data-plane/gateway/upstream/endpoint.ts';
import { handleRequest } from '../../src/data-plane/pipeline.ts';
import type { PipelineParts } from '../../src/data-plane/stages.ts';
import { createTimerWheel } from '../../src/lib/timer-wheel.ts';
import { reverseProxy } from '../../tests/support/site-worker.ts';
import { fixedEdge } from '../../tests/support/fixed-tables.ts';
import { UndiciEndpoint } from './undici-endpoint.ts';

/**
 * The real pipeline with one upstream client or the other: `proxy-process.ts own|undici PORT
 * ORIGIN-PORT`.
 */
const [client, port, originPort] = process.argv.slice(2);
const clock = systemClock;
const wheel = createTimerWheel(clock.monotonicMs(), 25);
clock.every(25, () => wheel.advance(clock.monotonicMs()));
const services = createServices(wheel);
const configuration = compileConfiguration(reverseProxy(Number(originPort)), services, fixedEdge());
if (client === 'own') {
  services.place('origin', [
    {
      address: '127.0.0.1',
      port: Number(originPort),
      tls: null,
      hostHeader: null,
      isPartner: false,
    },
  ]);
} else {
  const endpoint = new UndiciEndpoint(`http://127.0.0.1:${originPort}`, 64, wheel);
  const origin = services.get('origin') as { endpoints: RunningService['endpoints'] };
  origin.endpoints = [endpoint as unknown as Endpoint];
}
const parts: PipelineParts = {
  clock,
  wheel,
  randomness: systemRandomness,
  rules: {
    world: {
      nowMs: () => clock.nowMs(),
      monotonicMs: () => wheel.nowMs,
      randomness: systemRandomness,
    },
    held: new HeldClients(wheel),
  },
  ofrep: { answer: () => null },
  slowed: new HeldClients(wheel),
  counters: { attempts: 0, retries: 0, failures: 0 },
  bans: { check: () => null },
  autoBan: { count: () => undefined },
  health: { answer: () => Promise.reject(new Error('nobody asks')) },
  shedder: new Shedder({
    clock,
    randomness: systemRandomness,
    services: () => services.list(),
  }),
  cache: { answer: ({ exchange, forward }) => forward(exchange) },
  ladders: {
    ask: (exchange, _route, forward) => forward(exchange),
    answer: (_exchange, _route, answer) => answer,
  },
  side: 'public',
  httpsPort: null,
  configuration: () => configuration.public,
  frontends: { serve: () => Promise.reject(new Error('there are none')) },
  traceIds: createTraceIds(systemRandomness),
  writes: null,
  report: (error: unknown) => console.error(error),
};
let listener: Listener | null = null;
const http = createNodeHttp(
  {
    headBytes: 16_384,
    headMs: 15_000,
    requestMs: 300_000,
    idleMs: 65_000,
    bodyBytesPerSecond: 512,
    connectionsPerAddress: 2_000,
  },
  () => listener,
  {
    request(received, req, res, connection) {
      const reply = new NodeReply(req, res, connection, parts.wheel);
      handleRequest(received, reply, parts);
      res.on('close', () => reply.closed());
    },
    upgrade: (_received, socket) => void socket.destroy(),
  },
);
listener = await listen({
  address: '127.0.0.1',
  port: Number(port),
  clock,
  maxConnections: 1_000,
  connectionsOf: () => Infinity,
  handshakes: null,
  accepted: ({ socket }) => http.emit('connection', socket),
  closed: () => http.close(),
});
