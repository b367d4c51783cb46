import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import type { SiteStatus } from '../../src/contract/status.ts';
import { eventually } from '../support/eventually.ts';
import { startLoad } from '../support/load.ts';
import { createSite, type TestSite } from '../support/site-harness.ts';

/**
 * The same service twice: in Python with its standard library and the contract, and in TypeScript
 * with the SDK. Both tell what they were told, ask a partner, and read a flag.
 */
let site: TestSite;
let origin: string;
let partner: Server;
let partnerAnswers = true;

before(async () => {
  partner = createServer((incoming, outgoing) => {
    if (partnerAnswers) outgoing.end(incoming.headers['x-request-id']);
    else outgoing.destroy();
  });
  await new Promise<void>((resolve) => partner.listen(0, '127.0.0.1', resolve));
  const { port } = partner.address() as AddressInfo;
  site = await createSite({
    'site.yaml': `turnout: 1
site: languages
what: Two services of one kind.
services: [services/*]
listen: { http: 127.0.0.1:0, console: 127.0.0.1:0, workers: 1 }
`,
    'flags.yaml': flags('low'),
    'services/snake/service.yaml': manifest('snake', port, [
      'build: { command: "mkdir -p out && cp server.py out/", output: out/ }',
      'run: { command: python3 server.py }',
    ]),
    'services/snake/server.py': python,
    'services/typed/service.yaml': manifest('typed', port, [
      'build: { entry: server.ts }',
      'run: { command: node server.js }',
    ]),
    'services/typed/server.ts': typescript,
  });
  await site.up();
  origin = await site.origin();
});
after(async () => {
  await site?.close();
  partner?.closeAllConnections();
  partner?.close();
});

function flags(goal: string): string {
  return `flags:
  goal:
    variants: { low: 5, high: 9 }
    defaultVariant: ${goal}
`;
}

function manifest(service: string, partnerPort: number, lines: readonly string[]): string {
  return `turnout: 1
service: ${service}
what: Says what it was told.
${lines.join('\n')}
health: { path: /well, every: 100ms, start: 10s }
scale: { min: 2, max: 2 }
release: { drain: 5s }
environment: { MOOD: sunny }
needs:
  partner: { http: "http://127.0.0.1:${partnerPort}/", timeout: 1s }
features:
  ask: { tier: important, routes: [GET /${service}/**], needs: [partner], ladder: [closed] }
`;
}

const python = `
import json, os, signal, threading, time, urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

lost = set()

class Handler(BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def do_GET(self):
        path = self.path.split('?')[0]
        if path == '/well':
            self.answer(200, {'state': 'ready'})
        elif path == '/snake/slow':
            time.sleep(0.5)
            self.answer(200, {'slow': True})
        elif path == '/snake/partner':
            self.ask_partner()
        else:
            self.answer(200, {
                'service': os.environ['TURNOUT_SERVICE'],
                'instance': os.environ['TURNOUT_INSTANCE'],
                'mood': os.environ['MOOD'],
                'goal': goal(),
            })

    def ask_partner(self):
        headers = {'X-Request-Id': self.headers['X-Request-Id']}
        asked = urllib.request.Request(os.environ['NEED_PARTNER_URL'], headers=headers)
        try:
            with urllib.request.urlopen(asked, timeout=1) as answer:
                lost.discard('partner')
                self.answer(200, {'partner': answer.read().decode()})
        except OSError:
            lost.add('partner')
            self.answer(503, {'title': 'The partner is lost', 'status': 503})

    def answer(self, status, body):
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header('Content-Type', 'application/json')
        self.send_header('Content-Length', str(len(text)))
        down = ', '.join(need + '=down' for need in sorted(lost))
        self.send_header('Service-Health', down or 'ok')
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *words):
        pass

def goal():
    with open(os.environ['TURNOUT_FLAGS_FILE']) as file:
        flag = json.load(file)['flags']['goal']
    return flag['variants'][flag['defaultVariant']]

class Server(ThreadingHTTPServer):
    daemon_threads = False
    block_on_close = False

server = Server((os.environ['HOST'], int(os.environ['PORT'])), Handler)
signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
print(json.dumps({'message': 'listening'}), flush=True)
server.serve_forever()
# Turnout has taken this instance out of rotation: what is under way ends, idle connections do not.
time.sleep(1)
os._exit(0)
`;

const typescript = `
import { setTimeout as delay } from 'node:timers/promises';
import { fetchFrom, json, serve, value } from 'turnout/sdk';

await serve({
  routes: {
    'GET /typed/slow': async () => {
      await delay(500);
      return json(200, { slow: true });
    },
    'GET /typed/partner': async () => {
      const answer = await fetchFrom('partner', '/');
      return json(200, { partner: await answer.text() });
    },
    'GET /typed/**': () =>
      json(200, {
        service: process.env.TURNOUT_SERVICE,
        instance: process.env.TURNOUT_INSTANCE,
        mood: process.env.MOOD,
        goal: value('goal', 0),
      }),
  },
});
`;

interface Told {
  readonly service: string;
  readonly instance: string;
  readonly mood: string;
  readonly goal: number;
}

const told = async (service: string): Promise<Told> =>
  (await (await fetch(`${origin}/${service}/who`)).json()) as Told;
const instancesOf = ({ services }: SiteStatus, service: string): readonly string[] =>
  (services.find((known) => known.service === service)?.instances ?? []).map(({ id }) => id);
const needOf = ({ services }: SiteStatus, service: string): string | undefined =>
  services.find((known) => known.service === service)?.needs[0]?.state;

for (const service of ['snake', 'typed']) {
  test(`${service} is told who it is and what is set`, async () => {
    const { instance, ...rest } = await told(service);
    assert.deepEqual(rest, { service, mood: 'sunny', goal: 5 });
    assert.ok(instancesOf(await site.status(), service).includes(instance));
  });

  test(`${service} reaches its need, with the id of the request, and reports it`, async () => {
    const answer = await fetch(`${origin}/${service}/partner`);
    const id = answer.headers.get('x-request-id');
    assert.deepEqual(await answer.json(), { partner: id });
    assert.equal(answer.headers.get('service-health')?.includes('partner') ?? false, false);
    await site.until('the need is up', (status) => needOf(status, service) === 'up');
    partnerAnswers = false;
    assert.equal((await fetch(`${origin}/${service}/partner`)).status, 503);
    await site.until('the need is down', (status) => needOf(status, service) === 'down');
    partnerAnswers = true;
    await site.until('the need is up again', (status) => {
      void fetch(`${origin}/${service}/partner`).then((again) => again.arrayBuffer());
      return needOf(status, service) === 'up';
    });
    await site.until('its feature is as promised again', ({ features }) => {
      void fetch(`${origin}/${service}/who`).then((again) => again.arrayBuffer());
      return features.every(({ rung }) => rung === null);
    });
  });
}

test('a flag that changes is in force in both, without a restart', async () => {
  const before = await site.status();
  await site.write('flags.yaml', flags('high'));
  await site.run('reload');
  for (const service of ['snake', 'typed']) {
    await eventually(`${service} sees it`, async () => (await told(service)).goal === 9);
  }
  await site.write('flags.yaml', 'flags: { goal: { state: SIDEWAYS } }');
  assert.notEqual((await site.run('reload')).code, 0);
  for (const service of ['snake', 'typed']) assert.equal((await told(service)).goal, 9);
  const now = await site.status();
  for (const service of ['snake', 'typed']) {
    assert.deepEqual(instancesOf(now, service), instancesOf(before, service));
  }
  await site.write('flags.yaml', flags('high'));
});

test('both are replaced under load without a failed request', async (t) => {
  const load = startLoad({
    origin,
    connections: 8,
    pauseMs: 5,
    next: (connection, n) => {
      const service = (connection + n) % 2 === 0 ? 'snake' : 'typed';
      const path = `/${service}/${n % 5 === 0 ? 'slow' : 'who'}`;
      const check = ({ status }: { readonly status: number }): string | null =>
        status === 200 ? null : `${path} answered ${status}`;
      return { method: 'GET', path, check };
    },
  });
  t.after(() => load.stop());
  const before = await site.status();
  for (const [service, file, mark] of [
    ['snake', 'server.py', '# another release'],
    ['typed', 'server.ts', 'console.log("another release");'],
  ] as const) {
    const path = `services/${service}/${file}`;
    await site.write(path, `${site.read(path)}\n${mark}\n`);
  }
  await site.run('reload');
  await site.until('new instances of both serve, and no others', (now) =>
    ['snake', 'typed'].every((service) => {
      const old = new Set(instancesOf(before, service));
      const instances = now.services.find((known) => known.service === service)?.instances ?? [];
      const ready = instances.filter(({ state }) => state === 'ready');
      return ready.length === 2 && instances.every(({ id }) => !old.has(id));
    }),
  );
  const { sent, ok, reasons } = await load.stop();
  assert.ok(sent > 50, `${sent} requests`);
  assert.equal(ok, sent, reasons.join('\n'));
});
