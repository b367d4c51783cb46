import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { CONFIGURATION_KEY } from '../contract/keys.ts';
import type { ConfigurationPointer } from '../contract/keys.ts';
import type { FlagsDocument } from '../contract/flags.ts';
import type { Derived } from '../derive/all.ts';
import { workerConfiguration } from '../derive/all.ts';
import { noEdge } from '../derive/edge/derive-edge.ts';
import { writeFileAtomically } from '../lib/atomic-file.ts';
import type { StateEntry } from '../ports/state/port.ts';
import type { SitePorts } from './embedded.ts';
import { storeEdgeFiles, storeLadderFiles } from './store-named-files.ts';

/** Where everything that was derived is kept, beside the part that workers read. */
export const LAST_GOOD_KEY = 'last-good';

/**
 * Hands the workers their configuration, with the files that it names, and keeps all that was
 * derived with it. What was kept before stays in force until the one pointer moves.
 */
export async function publishDerived(
  ports: SitePorts,
  siteDirectory: string,
  withoutFiles: Derived,
): Promise<{ readonly published: Derived; readonly changed: boolean }> {
  const edge = await storeEdgeFiles(withoutFiles.edge, siteDirectory, ports.blobs);
  const policies = await storeLadderFiles(withoutFiles.policies, siteDirectory, ports.blobs);
  const derived: Derived = { ...withoutFiles, edge, policies };
  const [all, forWorkers] = await Promise.all([
    putJson(ports, derived),
    putJson(ports, workerConfiguration(derived)),
  ]);
  const [lastGood, configuration] = await Promise.all([
    ports.state.get(LAST_GOOD_KEY),
    ports.state.get(CONFIGURATION_KEY),
  ]);
  const isSame = pointsTo(lastGood, all) && pointsTo(configuration, forWorkers);
  if (!isSame) {
    await ports.state.put(LAST_GOOD_KEY, { digest: all, model: derived.model });
    await ports.state.put(CONFIGURATION_KEY, { digest: forWorkers, model: derived.model });
  }
  return { published: derived, changed: !isSame };
}

function pointsTo(entry: StateEntry | null, digest: string): boolean {
  return (entry?.value as ConfigurationPointer | undefined)?.digest === digest;
}

/** What was last published; null when nothing was, or when its blob is gone. */
export async function lastPublished(ports: SitePorts): Promise<Derived | null> {
  const entry = await ports.state.get(LAST_GOOD_KEY);
  if (entry === null) return null;
  const { digest } = entry.value as ConfigurationPointer;
  const bytes = await ports.blobs.get(digest);
  if (bytes === null) return null;
  const derived = JSON.parse(Buffer.from(bytes).toString('utf8')) as Derived;
  // Versions before derived nothing of these.
  return {
    ...derived,
    tls: derived.tls ?? { certificates: [], redirectToHttps: false, http2: true },
    edge: derived.edge ?? noEdge,
    flags: derived.flags ?? { flags: {}, $evaluators: {} },
    flagsPlace: derived.flagsPlace ?? null,
  };
}

/**
 * Tells the services of the flags: `file` is replaced as a whole, and they follow it. What stands
 * in it stays in force while manifests are refused.
 */
export async function writeFlags(file: string, flags: FlagsDocument): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  await writeFileAtomically(file, `${JSON.stringify(flags, null, 2)}\n`);
}

function putJson(ports: SitePorts, value: unknown): Promise<string> {
  return ports.blobs.put(Buffer.from(JSON.stringify(value)));
}
