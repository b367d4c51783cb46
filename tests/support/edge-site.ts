import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { request, type IncomingMessage } from 'node:http';
import { deriveEdge, filesOfEdge } from '../../src/derive/edge/derive-edge.ts';
import type { EdgeConfiguration } from '../../src/derive/edge/edge-configuration.ts';
import type { WorkerConfiguration } from '../../src/derive/worker-configuration.ts';
import { loadModel } from '../../src/manifest/load-model.ts';
import { memoryReader } from '../../src/manifest/memory-reader.ts';
import { renderProblems } from '../../src/manifest/problems/render-problems.ts';
import type { Randomness } from '../../src/ports/randomness/port.ts';
import type { RuleStats } from '../../src/contract/rule-reports.ts';
import { startOrigin, type Origin } from './http-origin.ts';
import { plainConfiguration, startSiteWorker, type SiteWorker } from './site-worker.ts';

export interface EdgeAnswer {
  readonly status: number;
  readonly reason: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export interface EdgeAsking {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Whom it comes from, as a hop that is trusted tells. */
  readonly address?: string;
  readonly body?: string;
  readonly signal?: AbortSignal;
}

/** A worker with the rules of an edge.yaml in front of an origin that tells what it was asked. */
export interface EdgeSite extends AsyncDisposable {
  readonly origin: Origin;
  readonly site: SiteWorker;
  readonly configuration: WorkerConfiguration;
  ask(path: string, asking?: EdgeAsking): Promise<EdgeAnswer>;
  stats(rule: string): RuleStats;
  /** Puts another edge.yaml in force. */
  change(yaml: string): Promise<void>;
}

/** Files of the site by their place, bytes as latin1. */
type Files = Readonly<Record<string, string>>;

export async function startEdgeSite(
  yaml: string,
  options: {
    readonly files?: Files;
    readonly randomness?: Randomness;
    readonly originHeaders?: Readonly<Record<string, string>>;
  } = {},
): Promise<EdgeSite> {
  const { files = {}, originHeaders = {} } = options;
  const origin = await startOrigin((incoming, response) => {
    const told = JSON.stringify({ url: incoming.url, headers: incoming.headers });
    response.writeHead(200, originHeaders).end(told);
  });
  const configurationOf = async (text: string): Promise<WorkerConfiguration> =>
    plainConfiguration([{}], {
      origins: { origin: [`http://127.0.0.1:${origin.port}`] },
      trustedHops: ['127.0.0.1/32'],
      edge: await edgeOf(text, files),
      model: `sha256:${createHash('sha256').update(text).digest('hex')}`,
    });
  const configuration = await configurationOf(yaml);
  const blobs = Object.values(files);
  const parts =
    options.randomness === undefined ? { blobs } : { blobs, randomness: options.randomness };
  const site = await startSiteWorker(configuration, {}, {}, null, parts);
  assert.equal(site.worker.stats().refused, null);
  return {
    origin,
    site,
    configuration,
    ask: (path, asking = {}) => ask(site.port, path, asking),
    stats(rule) {
      const found = site.worker.stats().rules.find((one) => one.rule === rule);
      assert.ok(found, `there is no rule ${rule}`);
      return found;
    },
    async change(text) {
      const next = await configurationOf(text);
      await site.configure(next);
      while (site.worker.stats().model !== next.model) {
        assert.equal(site.worker.stats().refused, null);
        await new Promise((resolve) => void setTimeout(resolve, 5));
      }
    },
    async [Symbol.asyncDispose]() {
      await site[Symbol.asyncDispose]();
      await origin[Symbol.asyncDispose]();
    },
  };
}

/** What a worker would be told of an edge.yaml, its files stored. */
export async function edgeOf(yaml: string, files: Files = {}): Promise<EdgeConfiguration> {
  const result = await loadModel(
    memoryReader({
      'site.yaml': 'turnout: 1\nsite: demo\nservices: [services/*]\n',
      'services/page/service.yaml':
        'turnout: 1\nservice: page\nwhat: Shows a page.\nat: http://127.0.0.1:1\n' +
        'features: { page: { tier: sheddable, routes: GET / } }\n',
      'edge.yaml': yaml,
      ...files,
    }),
  );
  const problems = result.kind === 'refused' ? result.problems : [];
  assert.ok(result.kind === 'model', renderProblems(problems, { colour: false }));
  const edge = deriveEdge(result.model);
  const digests = filesOfEdge(edge).map((path) => {
    const hash = createHash('sha256').update(Buffer.from(files[path] ?? '', 'latin1'));
    return [path, `sha256:${hash.digest('hex')}`] as const;
  });
  return { ...edge, files: Object.fromEntries(digests) };
}

function ask(port: number, path: string, asking: EdgeAsking): Promise<EdgeAnswer> {
  const { method = 'GET', headers = {}, address = '192.0.2.1', body, signal } = asking;
  const all = { host: 'site.example', 'x-forwarded-for': address, ...headers };
  return new Promise((resolve, reject) => {
    const asked = request(
      { port, path, method, headers: all, signal, agent: false },
      (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
        response.once('error', reject);
        response.once('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            reason: response.statusMessage ?? '',
            headers: response.headers,
            body: text,
          }),
        );
      },
    );
    asked.once('error', reject);
    asked.end(body);
  });
}
