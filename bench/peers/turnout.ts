import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { CONFIGURATION_KEY } from '../../src/contract/keys.ts';
import type { SiteSettings } from '../../src/contract/site-settings.ts';
import { stateFolder, type StateFolder } from '../../src/contract/state-folder.ts';
import { deriveAll, workerConfiguration, type Derived } from '../../src/derive/all.ts';
import { canonicalJson } from '../../src/lib/canonical-json.ts';
import { filesystemReader } from '../../src/manifest/filesystem-reader.ts';
import { loadModel } from '../../src/manifest/load-model.ts';
import { openSitePorts, type SitePorts } from '../../src/profiles/embedded.ts';
import { processProgram } from '../../src/profiles/process-program.ts';
import { publishFrontend } from '../../src/release/frontends/publish-frontend.ts';
import { fullEdge, manyRoutes } from './full-edge.ts';
import type { BenchCertificate } from './bench-certificate.ts';
import { cores, freePort, KEPT_SECONDS, startServer, type BenchServer } from './server.ts';

/** One worker in front of the files of a folder. */
export async function startTurnoutStatic(
  folder: string,
  files: string,
  certificate: BenchCertificate | null = null,
): Promise<BenchServer> {
  const root = join(folder, 'turnout');
  cpSync(files, join(root, 'site/files'), { recursive: true });
  return startTurnout(root, {
    'site.yaml': `${siteHead}frontends:\n  /: files\n${certificate === null ? '' : tlsOf(certificate)}`,
    'services/origin/service.yaml': originManifest('http://127.0.0.1:9', 'ANY /api/**'),
  });
}

/**
 * One worker in front of a service that stands at an address of its own, as `turnout up` fronts any
 * server.
 */
export async function startTurnoutProxy(
  folder: string,
  origin: string,
  cache = 'none',
): Promise<BenchServer> {
  return startTurnout(join(folder, 'turnout'), {
    'site.yaml': siteHead,
    'services/origin/service.yaml': originManifest(new URL(origin).origin, 'ANY /**', cache),
  });
}

/** The same with an edge full of bans, rules and routes. */
export async function startTurnoutEdge(
  folder: string,
  origin: string,
  fastPath: SiteSettings['fastPath'] = 'auto',
): Promise<BenchServer> {
  const service = originManifest(new URL(origin).origin, 'ANY /**', `${KEPT_SECONDS}s`);
  const manifests = {
    'site.yaml': siteHead,
    'edge.yaml': fullEdge(),
    'services/origin/service.yaml': `${service}${manyRoutes()}`,
  };
  return startTurnout(join(folder, 'turnout'), manifests, { fastPath });
}

function tlsOf({ certificate, key }: BenchCertificate): string {
  return `listen: { https: 127.0.0.1:0 }\ncertificates: [{ certificate: ${certificate}, key: ${key} }]\n`;
}

const siteHead = 'turnout: 1\nsite: bench\nwhat: A site to measure.\nservices: [services/*]\n';

/** What is measured is the way to the service, unless `cache` says otherwise. */
function originManifest(origin: string, route: string, cache = 'none'): string {
  return `turnout: 1
service: origin
what: Answers with 1 KB.
at: ["${origin}"]
features:
  everything:
    tier: important
    routes: [${route}]
    cache: ${cache}
`;
}

export interface TurnoutServer extends BenchServer {
  /** The folder of its frontend, when it has one. */
  readonly files: string;
  /** Publishes that folder as it is now. */
  publish(): Promise<void>;
}

/** One worker that does both: files at `/`, the service below `/api`. */
export async function startTurnoutMixed(
  folder: string,
  files: string,
  origin: string,
  nodeFlags: readonly string[],
): Promise<TurnoutServer> {
  const root = join(folder, 'turnout');
  cpSync(files, join(root, 'site/files'), { recursive: true });
  const manifests = {
    'site.yaml': `${siteHead}frontends:\n  /: files\n`,
    'services/origin/service.yaml': originManifest(new URL(origin).origin, 'ANY /api/**'),
  };
  return startTurnout(root, manifests, { nodeFlags });
}

/**
 * Manifests to Model to derivations to state and blobs, as the controller does it; then the worker
 * process as it is.
 */
async function startTurnout(
  root: string,
  manifests: Readonly<Record<string, string>>,
  options: Partial<Pick<SiteSettings, 'fastPath'>> & { nodeFlags?: readonly string[] } = {},
): Promise<TurnoutServer> {
  const { nodeFlags = profilingFlags(), fastPath = 'auto' } = options;
  const siteDirectory = join(root, 'site');
  for (const [name, text] of Object.entries(manifests)) {
    mkdirSync(dirname(join(siteDirectory, name)), { recursive: true });
    writeFileSync(join(siteDirectory, name), text);
  }
  const folder = stateFolder(join(root, 'state'));
  mkdirSync(folder.run, { recursive: true, mode: 0o700 });
  const derived = await derive(siteDirectory);
  await announce(folder, derived);
  await publish(folder, siteDirectory, derived);
  const port = await freePort();
  const tlsPort = derived.tls.certificates.length > 0 ? await freePort() : null;
  writeFileSync(
    folder.settings,
    JSON.stringify({ ...settingsOf(siteDirectory, port, tlsPort), fastPath }),
  );
  const worker = [processProgram('worker-process'), folder.root, 'worker-1'];
  const server = await startServer({
    name: 'turnout',
    url: tlsPort === null ? `http://127.0.0.1:${port}/` : `https://127.0.0.1:${tlsPort}/`,
    probe: `http://127.0.0.1:${port}/`,
    core: cores.server,
    folder: root,
    command: [process.execPath, ...nodeFlags, ...worker],
  });
  return {
    ...server,
    files: join(siteDirectory, 'files'),
    publish: () => publish(folder, siteDirectory, derived),
  };
}

function settingsOf(siteDirectory: string, port: number, tlsPort: number | null): SiteSettings {
  const listener = { address: '127.0.0.1', port, requestedPort: port };
  return {
    site: 'bench',
    siteDirectory,
    environment: null,
    http: listener,
    https: tlsPort === null ? null : { ...listener, port: tlsPort },
    internal: null,
    console: { ...listener, port: 0 },
    fastPath: 'auto',
    workers: 1,
    cache: { memoryBytes: 128 * 1024 * 1024, diskBytes: 0 },
    watch: false,
    blobStores: [],
  };
}

/** `TURNOUT_BENCH_NODE_FLAGS="--cpu-prof --cpu-prof-dir=/tmp/profile"` shows where the CPU goes. */
function profilingFlags(): string[] {
  return (process.env['TURNOUT_BENCH_NODE_FLAGS'] ?? '').split(' ').filter((flag) => flag !== '');
}

async function derive(siteDirectory: string): Promise<Derived> {
  const loaded = await loadModel(filesystemReader(siteDirectory));
  if (loaded.kind === 'refused') throw new Error(JSON.stringify(loaded.problems, null, 2));
  const derivation = deriveAll(loaded.model);
  if (!derivation.ok) throw new Error(JSON.stringify(derivation.problems, null, 2));
  return derivation.derived;
}

async function announce(folder: StateFolder, derived: Derived): Promise<void> {
  await withPorts(folder, async ({ state, blobs }) => {
    const text = canonicalJson(workerConfiguration(derived));
    const digest = await blobs.put(Buffer.from(text));
    await state.put(CONFIGURATION_KEY, { digest, model: derived.model });
  });
}

async function publish(
  folder: StateFolder,
  siteDirectory: string,
  derived: Derived,
): Promise<void> {
  await withPorts(folder, async ({ state, blobs, clock }) => {
    for (const { frontend: name, directory } of derived.releasePlan.frontends) {
      const wanted = { name, directory: join(siteDirectory, directory), state, blobs, clock };
      await publishFrontend({ ...wanted, progress: () => undefined });
    }
  });
}

async function withPorts(
  folder: StateFolder,
  work: (ports: SitePorts) => Promise<void>,
): Promise<void> {
  const ports = await openSitePorts(folder);
  try {
    await work(ports);
  } finally {
    await Promise.all([ports.state.close(), ports.journal.close()]);
  }
}
