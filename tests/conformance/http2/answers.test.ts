import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { describe, it } from 'node:test';
import { promisify } from 'node:util';

import { eventually } from '../../support/eventually.ts';
import { startOrigin } from '../../support/http-origin.ts';
import { answerOn, askHttp2, openHttp2 } from '../../support/http2-client.ts';
import { END_STREAM, frames, RawHttp2, request } from '../../support/raw-http2.ts';
import { startRawOrigin } from '../../support/raw-http.ts';
import { secured } from '../../support/secured-site.ts';

const run = promisify(execFile);

describe('an answer in HTTP/2', () => {
  it('has the fields of the service but those of its connection, and cookies apart', async () => {
    await using origin = await startOrigin((_req, res) => {
      res.setHeader('Set-Cookie', ['a=1', 'b=2']);
      res
        .setHeader('Connection', 'x-hop, keep-alive')
        .setHeader('X-Hop', '1')
        .setHeader('X-End', '2');
      res.end('hello');
    });
    const setting = await secured(origin.port);
    await using site = await setting.start();
    const session = await openHttp2(site.httpsPort, setting.authority.ca);
    const { status, headers, body } = await askHttp2(session, { ':path': '/' });
    assert.deepEqual([status, body, headers['x-end']], [200, 'hello', '2']);
    assert.deepEqual(headers['set-cookie'], ['a=1', 'b=2']);
    assert.equal(headers['content-length'], '5');
    assert.ok(headers['date'] !== undefined && headers['x-request-id'] !== undefined);
    for (const name of ['connection', 'keep-alive', 'transfer-encoding', 'x-hop']) {
      assert.equal(headers[name], undefined, name);
    }
    session.destroy();
  });

  it('has no body to HEAD, to 204 and to 304, and says what GET would have', async () => {
    await using origin = await startOrigin((req, res) => {
      res.statusCode = Number(req.url?.slice(1));
      if (res.statusCode === 200) res.setHeader('Content-Length', '5');
      res.end(req.method === 'HEAD' || res.statusCode !== 200 ? undefined : 'hello');
    });
    const setting = await secured(origin.port);
    await using site = await setting.start();
    const session = await openHttp2(site.httpsPort, setting.authority.ca);
    const head = await askHttp2(session, { ':path': '/200', ':method': 'HEAD' });
    assert.deepEqual([head.status, head.headers['content-length'], head.body], [200, '5', '']);
    for (const status of [204, 304]) {
      const answer = await askHttp2(session, { ':path': `/${status}` });
      assert.deepEqual([answer.status, answer.body], [status, '']);
    }
    const refused = await askHttp2(session, { ':path': '/%zz', ':method': 'HEAD' });
    assert.deepEqual([refused.status, refused.body], [400, '']);
    session.destroy();
  });

  it('brings early hints ahead of it, and trailers behind it', async () => {
    await using origin = await startOrigin((_req, res) => {
      res.writeEarlyHints({ link: '</a.css>; rel=preload' });
      res.writeHead(200, { Trailer: 'X-Sum' });
      res.write('hel');
      res.addTrailers({ 'X-Sum': '1', 'X-Turnout-A': 'injected' });
      res.end('lo');
    });
    const setting = await secured(origin.port);
    await using site = await setting.start();
    const session = await openHttp2(site.httpsPort, setting.authority.ca);
    const answer = await askHttp2(session, { ':path': '/', te: 'trailers' });
    assert.equal(answer.body, 'hello');
    assert.equal(answer.informed[0]?.[':status'], 103);
    assert.match(String(answer.informed[0]?.['link']), /a\.css/);
    assert.equal(answer.trailers['x-sum'], '1');
    assert.equal(answer.trailers['x-turnout-a'], undefined);
    assert.equal((await askHttp2(session, { ':path': '/' })).trailers['x-sum'], undefined);
    session.destroy();
  });

  it('tells who waits for it to go on', async () => {
    await using origin = await startOrigin();
    const setting = await secured(origin.port);
    await using site = await setting.start();
    const session = await openHttp2(site.httpsPort, setting.authority.ca);
    const stream = session.request({
      ':path': '/',
      ':method': 'POST',
      ':authority': 'site.example',
      expect: '100-continue',
    });
    stream.once('continue', () => stream.end('hello'));
    assert.match((await answerOn(stream)).body, /POST \/ hello$/);
    session.destroy();
  });

  it('never looks whole where the service breaks off', async () => {
    for (const framing of [
      'Content-Length: 9\r\n\r\n',
      'Transfer-Encoding: chunked\r\n\r\n4\r\n',
    ]) {
      await using origin = await startRawOrigin((socket) => {
        socket.write(`HTTP/1.1 200 OK\r\n${framing}half`);
        setTimeout(() => socket.destroy(), 50);
      });
      const setting = await secured(origin.port);
      await using site = await setting.start();
      const client = await RawHttp2.open(site.httpsPort, setting.authority.ca);
      client.ask(1, request());
      const reset = await eventually('it is reset', () => client.of(1, frames.rstStream));
      assert.equal(reset.payload.readUInt32BE(0), 2);
      const ended = client.got.filter(({ stream, flags }) => stream === 1 && flags & END_STREAM);
      assert.deepEqual(ended, [], 'nothing said that it was whole');
      client.socket.destroy();
    }
  });

  it('comes no faster than the client takes it, and others are not held up', async () => {
    let sent = 0;
    const chunk = Buffer.alloc(64 * 1024);
    await using origin = await startOrigin((req, res) => {
      if (req.url !== '/endless') return void res.end('quick');
      const more = (): void => {
        while (res.write(chunk)) sent += chunk.length;
        sent += chunk.length;
      };
      res.on('drain', more);
      more();
    });
    const setting = await secured(origin.port);
    await using site = await setting.start();
    const session = await openHttp2(site.httpsPort, setting.authority.ca);
    const endless = session.request({ ':path': '/endless', ':authority': 'site.example' });
    endless.on('error', () => undefined);
    let before = -1;
    await eventually('the service is held back', () => {
      const rests = sent === before && sent > 0;
      before = sent;
      return rests;
    });
    assert.ok(sent < 32 * 1024 * 1024, `${sent} bytes`);
    assert.equal((await askHttp2(session, { ':path': '/' })).body, 'quick');
    endless.close(8);
    await eventually('it is given up', () => site.worker.stats().inFlight === 0);
    session.destroy();
  });

  it('is given up at the service when the client resets it or goes', async () => {
    let gone = 0;
    await using origin = await startOrigin((_req, res) => res.on('close', () => gone++));
    const setting = await secured(origin.port);
    await using site = await setting.start();
    for (const [at, leave] of [
      (_: { destroy(): void }, stream: { close(code: number): void }) => stream.close(8),
      (session: { destroy(): void }) => session.destroy(),
    ].entries()) {
      const session = await openHttp2(site.httpsPort, setting.authority.ca);
      const stream = session.request({ ':path': '/', ':authority': 'site.example' });
      stream.on('error', () => undefined);
      await eventually('it is there', () => origin.requests === at + 1);
      leave(session, stream);
      await eventually('the service hears of it', () => gone === at + 1);
      session.destroy();
    }
    await eventually('nothing is under way', () => site.worker.stats().inFlight === 0);
  });

  it('is one that curl takes, many at a time', async () => {
    await using origin = await startOrigin();
    const setting = await secured(origin.port);
    await using site = await setting.start();
    const url = `https://site.example:${site.httpsPort}/[1-50]`;
    const resolve = ['--resolve', `site.example:${site.httpsPort}:127.0.0.1`];
    const tls = ['--cacert', setting.authority.caFile, '--http2', '--parallel'];
    const out = ['-sS', '-w', '%{http_version} %{http_code}\n', '-o', '/dev/null'];
    const { stdout } = await run('curl', [...out, ...resolve, ...tls, url]);
    assert.deepEqual([...new Set(stdout.trim().split('\n'))], ['2 200']);
    const upload = [...out, ...resolve, ...tls, '--data-binary', 'x'.repeat(100_000)];
    assert.match((await run('curl', [...upload, url.replace('[1-50]', 'up')])).stdout, /^2 200/);
  });
});
