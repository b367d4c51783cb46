export interface TinySiteOptions {
  readonly instances?: number;
  readonly workers?: number;
  /** Source of the service; what it does by default is in `tinyServer`. */
  readonly server?: string;
}

/** The files of a site with one service, `hello`, on `node:http` and nothing else. */
export function tinySite(options: TinySiteOptions = {}): Readonly<Record<string, string>> {
  const { instances = 2, workers = 2, server = tinyServer } = options;
  return {
    'site.yaml': `turnout: 1
site: tiny
what: A site for tests.
services: [services/*]
listen: { http: 127.0.0.1:0, console: 127.0.0.1:0, workers: ${workers} }
`,
    'services/hello/service.yaml': `turnout: 1
service: hello
what: Answers what it is asked.
build: { entry: server.ts }
run: { command: node server.js }
health: { path: /health, every: 100ms, start: 5s }
scale: { min: ${instances}, max: ${instances} }
release: { drain: 5s }
features:
  everything:
    tier: important
    routes: [ANY /**]
    ladder: [closed]
`,
    'services/hello/server.ts': server,
  };
}

/**
 * `GET /` says who answers · `GET /big` sends a megabyte slowly enough to be cut · `POST /` echoes
 * · `GET /wait?ms=` answers late · `POST /sick` makes this instance fail its health checks · `POST
 * /exit` ends it.
 */
const tinyServer = `
import { createServer } from 'node:http';

let sick = false;
const answers = {
  '/health': (_request, response) => {
    response.statusCode = sick ? 503 : 200;
    response.end();
  },
  '/sick': (_request, response) => {
    sick = true;
    response.end('sick');
  },
  '/exit': () => process.exit(3),
  '/wait': (request, response) => {
    const ms = Number(new URL(request.url, 'http://x').searchParams.get('ms'));
    setTimeout(() => response.end(process.env.TURNOUT_INSTANCE), ms);
  },
  '/big': (_request, response) => {
    response.setHeader('content-length', 1048576);
    let sent = 0;
    const send = () => {
      if (sent === 64) return response.end();
      sent += 1;
      response.write('x'.repeat(16384));
      setTimeout(send, 1);
    };
    send();
  },
};
const server = createServer((request, response) => {
  const answer = answers[request.url.split('?')[0]];
  if (answer) return answer(request, response);
  if (request.method === 'POST') return request.pipe(response);
  response.setHeader('x-instance', process.env.TURNOUT_INSTANCE);
  response.end('hello');
});
server.listen(Number(process.env.PORT), process.env.HOST, () => console.log('listening'));
process.on('SIGTERM', () => {
  server.close(() => process.exit(0));
  server.closeIdleConnections();
});
`;
