import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * An instance to be killed: answers after a few milliseconds, so that there is always something in
 * flight.
 */
const server = createServer((req, res) => {
  req.resume().on('end', () => {
    setTimeout(() => res.end(`${req.method} ${req.url}`), 3);
  });
});
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`${(server.address() as AddressInfo).port}\n`);
});
