import { createServer } from 'node:http';

// PORT and HOST come from Turnout; so do needs (NEED_…_URL) and secrets.
const port = Number(process.env['PORT']);
const host = process.env['HOST'] ?? '127.0.0.1';

const server = createServer((request, response) => {
  if (request.url === '/health') {
    response.end('ok\n');
    return;
  }
  response.setHeader('content-type', 'application/json');
  response.end(`${JSON.stringify({ hello: 'from NAME' })}\n`);
});

server.listen(port, host);
// Turnout has taken this instance out of rotation before it says SIGTERM: what is in flight may
// finish.
process.once('SIGTERM', () => server.close());
