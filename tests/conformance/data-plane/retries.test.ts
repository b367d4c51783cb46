import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { deadPort, startOrigin } from '../../support/http-origin.ts';
import { startRawOrigin } from '../../support/raw-http.ts';
import {
  plainConfiguration,
  readyEndpoint,
  reverseProxy,
  startSiteWorker,
} from '../../support/site-worker.ts';

describe('a worker tries another instance where that is safe', () => {
  it('after a connection was refused: any method, with its body', async () => {
    await using origin = await startOrigin();
    await using site = await startSiteWorker(plainConfiguration([{}]), {
      origin: [readyEndpoint('dead', await deadPort()), readyEndpoint('i1', origin.port)],
    });
    for (const length of [5, 100_000]) {
      for (let i = 0; i < 6; i++) {
        const body = 'a'.repeat(length);
        const answer = await fetch(`http://127.0.0.1:${site.port}/`, { method: 'POST', body });
        assert.equal(answer.status, 200);
        assert.ok((await answer.text()).endsWith(body));
      }
    }
    assert.equal(origin.requests, 12);
  });

  it('after a connection was lost: GET elsewhere, POST ends outcome unknown', async () => {
    await using lost = await startRawOrigin((socket) => socket.destroy());
    await using origin = await startOrigin();
    const endpoints = [readyEndpoint('lost', lost.port), readyEndpoint('i1', origin.port)];
    await using site = await startSiteWorker(plainConfiguration([{}]), { origin: endpoints });
    for (let i = 0; i < 8; i++) {
      assert.equal((await fetch(`http://127.0.0.1:${site.port}/`)).status, 200);
    }
    await using other = await startSiteWorker(plainConfiguration([{}]), {
      origin: endpoints.slice(0, 1),
    });
    const answer = await fetch(`http://127.0.0.1:${other.port}/`, { method: 'POST', body: 'x' });
    assert.equal(answer.status, 502);
    const problem = (await answer.json()) as { code: string; requestId: string };
    assert.equal(problem.code, 'outcome-unknown');
    assert.equal(problem.requestId, answer.headers.get('x-request-id'));
  });

  it('never after the answer has begun', async () => {
    await using origin = await startRawOrigin((socket, heard) => {
      if (!heard.endsWith('\r\n\r\n')) return;
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\npart', () => socket.destroy());
    });
    await using site = await startSiteWorker(reverseProxy(origin.port));
    await assert.rejects(async () => (await fetch(`http://127.0.0.1:${site.port}/`)).text());
    assert.equal(origin.heard.split('GET /').length - 1, 1);
  });

  it('on a new connection where a kept one was closed at the same moment', async () => {
    let first = true;
    await using origin = await startRawOrigin((socket, heard) => {
      const requests = heard.split('\r\n\r\n').length - 1;
      // Each connection serves one request and is cut at its second.
      if (requests === 1) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
      else if (first || requests > 1) {
        first = false;
        socket.destroy();
      }
    });
    await using site = await startSiteWorker(reverseProxy(origin.port));
    for (let i = 0; i < 5; i++) {
      assert.equal((await fetch(`http://127.0.0.1:${site.port}/`)).status, 200);
    }
  });

  it('gives no instance more than its limit', async () => {
    let atOnce = 0;
    let most = 0;
    await using origin = await startOrigin((_req, res) => {
      most = Math.max(most, ++atOnce);
      setTimeout(() => {
        atOnce--;
        res.end('ok');
      }, 50);
    });
    await using site = await startSiteWorker(plainConfiguration([{}], { limitInFlight: 3 }), {
      origin: [readyEndpoint('i1', origin.port)],
    });
    const statuses = await Promise.all(
      Array.from(
        { length: 10 },
        // Addresses of their own: for one alone they would be asked once for all.
        async (_, n) => (await fetch(`http://127.0.0.1:${site.port}/${n}`)).status,
      ),
    );
    assert.equal(most, 3);
    assert.equal(statuses.filter((status) => status === 200).length, 3);
    assert.equal(statuses.filter((status) => status === 503).length, 7);
  });
});
