import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { TurnoutError } from '../lib/errors.ts';
import type { Model } from '../manifest/model.ts';
import { listenWritten } from '../profiles/listen-written.ts';
import type { KeeperRequest } from '../profiles/run-keeper.ts';
import { environmentOf } from './site-options.ts';
import type { EnvironmentOptions } from './site-options.ts';

/** What a keeper is asked to keep up, by the manifests, the options and PORT and its like. */
export function keeperRequest(
  siteDirectory: string,
  model: Model,
  options: EnvironmentOptions & { readonly watch?: boolean | undefined },
): KeeperRequest {
  const { name, listen, cache, blobStores } = model.site;
  return {
    site: name,
    siteDirectory,
    environment: environmentOf(options) ?? null,
    http: { ...listen.http, port: portFrom('PORT') ?? listen.http.port },
    https: listen.https && { ...listen.https, port: portFrom('HTTPS_PORT') ?? listen.https.port },
    internal: { ...listen.internal, port: portFrom('INTERNAL_PORT') ?? listen.internal.port },
    console: { ...listen.console, port: portFrom('CONSOLE_PORT') ?? listen.console.port },
    listenWritten: listenWritten(model.site),
    workers: listen.workers ?? availableParallelism(),
    cache,
    fastPath: listen.fastPath,
    watch: options.watch ?? false,
    blobStores: blobStores.map(({ region, folder }) => ({
      region,
      folder: folder === null ? null : resolve(siteDirectory, folder),
    })),
  };
}

function portFrom(variable: string): number | null {
  const text = process.env[variable];
  if (text === undefined || text === '') return null;
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port <= 65_535) return port;
  throw new TurnoutError(
    'port-invalid',
    `${variable} is ${JSON.stringify(text)}, which is no port.`,
    `Set it to a number up to 65535, 0 for any, or unset it.`,
  );
}
