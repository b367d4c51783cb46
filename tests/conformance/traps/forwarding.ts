import assert from 'node:assert/strict';
import { converse, statusOf } from '../../support/raw-http.ts';
import type { Trap } from './trap.ts';

const answered = (text: string): boolean => /^HTTP\/1\.[01] [2-5]/.test(text);

function request(path: string, ...headers: readonly string[]): string {
  return [`GET ${path} HTTP/1.1`, 'Host: site.example', ...headers, '', ''].join('\r\n');
}

/** What is said on behalf of a client, and what a client cannot say. */
export const forwardingTraps: readonly Trap[] = [
  {
    claim: 'strips headers that Connection names, and the other hop-by-hop ones',
    run: async (port, origin) => {
      const headers = [
        'Connection: close, X-Hop',
        'X-Hop: 1',
        'Keep-Alive: 1',
        'Proxy-Connection: x',
        'X-End: 1',
      ];
      await converse(port, request('/', ...headers), answered);
      assert.doesNotMatch(origin.heard, /x-hop|keep-alive:|proxy-connection/i);
      assert.match(origin.heard, /x-end: 1/i);
    },
    catches: 'naive',
  },
  {
    claim: 'lets no client say what only Turnout says',
    run: async (port, origin) => {
      const headers = ['Service-Health: ok', 'X-Turnout-Feature: admin', 'x-turnout-anything: 1'];
      await converse(port, request('/', ...headers), answered);
      assert.match(origin.heard, /^GET \//);
      assert.doesNotMatch(origin.heard, /service-health|x-turnout/i);
    },
    catches: 'naive',
  },
  {
    claim: 'replaces forwarding headers of a client that is no trusted hop',
    run: async (port, origin) => {
      const headers = [
        'X-Forwarded-For: 6.6.6.6',
        'Forwarded: for=6.6.6.6',
        'X-Forwarded-Proto: https',
      ];
      await converse(port, request('/', ...headers), answered);
      assert.doesNotMatch(origin.heard, /6\.6\.6\.6|https/);
      assert.match(origin.heard, /x-forwarded-for: 127\.0\.0\.1\r\n/);
      assert.match(origin.heard, /forwarded: for=127\.0\.0\.1;host="site\.example";proto=http\r\n/);
    },
    catches: 'naive',
  },
  {
    claim: 'says which trace and which request it is, keeping valid ones',
    run: async (port, origin) => {
      const kept = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
      await converse(port, request('/', `traceparent: ${kept}`, 'X-Request-Id: abc-1'), answered);
      assert.match(origin.heard, new RegExp(`traceparent: ${kept}\r\n`));
      assert.match(origin.heard, /x-request-id: abc-1\r\n/);
      origin.heard = '';
      await converse(port, request('/', 'traceparent: 00-0-0-00', 'X-Request-Id: a b'), answered);
      assert.match(origin.heard, /traceparent: 00-[0-9a-f]{32}-[0-9a-f]{16}-00\r\n/);
      assert.match(origin.heard, /x-request-id: [0-9a-f]{32}\r\n/);
    },
    catches: 'naive',
  },
  {
    claim: 'resolves dot segments before it matches and forwards',
    run: async (port, origin) => {
      await converse(port, request('/a/b/../%2e%2E/./c//d'), answered);
      assert.match(origin.heard, /^GET \/c\/d HTTP/);
    },
    catches: 'naive',
  },
  {
    claim: 'refuses a path that leaves the root, or hides a traversal behind an encoded slash',
    run: async (port, origin) => {
      for (const path of [
        '/../smuggled',
        '/a/..%2fsmuggled',
        '/a/..%5Csmuggled',
        '/a%00smuggled',
      ]) {
        const said = await converse(port, request(path), answered);
        assert.equal(statusOf(said.text), 400, path);
      }
      assert.equal(origin.heard, '');
    },
    catches: 'naive',
  },
  {
    claim: 'keeps an encoded slash as a character of its segment',
    run: async (port, origin) => {
      await converse(port, request('/group%2fproject/x?y=%2f'), answered);
      assert.match(origin.heard, /^GET \/group%2Fproject\/x\?y=%2f HTTP/);
    },
    catches: 'naive',
  },
  {
    claim: 'answers a broken service with a problem, not with an empty 200',
    origin: (socket) => socket.destroy(),
    run: async (port) => {
      const said = await converse(port, request('/'), (text) => text.includes('requestId'));
      assert.equal(statusOf(said.text), 502);
      assert.match(said.text, /content-type: application\/problem\+json/);
      assert.match(said.text, /proxy-status: turnout; error=connection_terminated/);
      assert.match(said.text, /cache-control: no-store/);
    },
    catches: 'naive',
  },
];
