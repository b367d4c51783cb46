import assert from 'node:assert/strict';
import { mkdir, mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { openFilesystemBlobs } from '../../../src/adapters/filesystem/blobs.ts';
import { createReplicatedBlobs } from '../../../src/adapters/replicated/blobs.ts';
import { openSqliteState } from '../../../src/adapters/sqlite/state.ts';
import { systemClock } from '../../../src/adapters/system/clock.ts';
import { systemRandomness } from '../../../src/adapters/system/randomness.ts';
import { parseFrontendVariants } from '../../../src/contract/frontend-release.ts';
import { CONFIGURATION_KEY } from '../../../src/contract/keys.ts';
import { startWorker, type Worker } from '../../../src/data-plane/worker.ts';
import { digestOf } from '../../../src/ports/blobs/digest.ts';
import type { Blobs } from '../../../src/ports/blobs/port.ts';
import type { State } from '../../../src/ports/state/port.ts';
import { readPointer } from '../../../src/release/frontends/move-pointer.ts';
import { publishFrontend } from '../../../src/release/frontends/publish-frontend.ts';
import { eventually } from '../../support/eventually.ts';
import { faultyBlobs, type FaultyBlobs } from '../../support/faulty-blobs.ts';
import { writeFiles } from '../../support/frontend-site.ts';
import { plainConfiguration } from '../../support/site-worker.ts';
import { rawGet } from '../../support/raw-get.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const root = await temporaryFolder('two-stores');
const silent = (): void => undefined;
const log = { progress: silent, info: silent, warn: silent, error: silent };
let state: State;
let near: FaultyBlobs;
let far: FaultyBlobs;
let blobs: Blobs;
let kept: Blobs;
let worker: Worker;
let origin: string;

const page = (text: string): string => `<!doctype html>${`<p>${text}</p>`.repeat(50)}`;
const files: Record<string, string> = {
  'index.html': page('start'),
  'style.css': 'p { color: red }'.repeat(40),
  ...Object.fromEntries(
    Array.from({ length: 40 }, (_, number) => [`part-${number}.txt`, `part ${number}`]),
  ),
};

async function start(): Promise<void> {
  worker = await startWorker({
    id: 'w1',
    state,
    blobs,
    clock: systemClock,
    randomness: systemRandomness,
    listen: { http: { address: '127.0.0.1', port: 0 }, https: null, internal: null },
    isFast: true,
    lastGoodFolder: join(root, 'last-good'),
    keptFrontends: kept,
    log,
  });
  origin = `http://127.0.0.1:${worker.address.port}`;
}

async function publish(content: Record<string, string>): Promise<void> {
  const directory = await mkdtemp(join(root, 'files-'));
  await writeFiles(directory, content);
  const wanted = { name: 'home', directory, state, blobs, clock: systemClock };
  await publishFrontend({ ...wanted, progress: silent });
}

async function text(path: string): Promise<string> {
  const { status, body } = await rawGet(origin, path);
  return status === 200 ? body.toString() : `status ${status}`;
}

before(async () => {
  await mkdir(join(root, 'last-good'));
  state = await openSqliteState({ folder: root });
  near = faultyBlobs(await openFilesystemBlobs({ root: join(root, 'near') }));
  far = faultyBlobs(await openFilesystemBlobs({ root: join(root, 'far') }));
  kept = await openFilesystemBlobs({ root: join(root, 'kept') });
  const stores = [
    { region: 'near', open: async () => near },
    { region: 'far', open: async () => far },
  ];
  blobs = createReplicatedBlobs({ stores, clock: systemClock, hedgeMs: 50, stallMs: 200 });
  const frontend = { frontend: 'home', prefix: '/', depth: 0, hosts: [] };
  const plain = plainConfiguration([]);
  const frontends = [{ ...frontend, fallback: null, notFound: null, cacheMs: 0 }];
  const configuration = { ...plain, routes: { ...plain.routes, frontends } };
  const digest = await blobs.put(Buffer.from(JSON.stringify(configuration)));
  await state.put(CONFIGURATION_KEY, { digest, model: configuration.model });
  await publish(files);
  await start();
  await eventually('it is served', async () => (await text('/part-0.txt')) === 'part 0');
});
after(async () => {
  near.be('well');
  far.be('well');
  await worker.close({ drainMs: 0 });
  await state.close();
});

for (const [fault, store, from] of [
  ['failing', () => near, 1],
  ['hanging', () => near, 11],
  ['failing', () => far, 21],
] as const) {
  test(`while a store is ${fault}, files that nobody asked for yet are served`, async () => {
    store().be(fault);
    for (let number = from; number < from + 8; number += 1) {
      assert.equal(await text(`/part-${number}.txt`), `part ${number}`);
    }
    store().be('well');
  });
}

test('a release published while a store is away is served', async () => {
  near.be('failing');
  await publish({ ...files, 'index.html': page('one region only') });
  await eventually('it is in force', async () => (await text('/')).includes('one region only'));
  near.be('well');
});

test('while both are away, what is in memory is served, and the pages kept on disk', async () => {
  const pointer = await readPointer(state, 'home');
  const variants = parseFrontendVariants((await blobs.get(pointer?.variants ?? '')) as Uint8Array);
  const index = variants.contents[digestOf(Buffer.from(page('one region only')))];
  await eventually('the page is kept, in its last encoding too', () =>
    kept.has(Object.values(index ?? {}).at(-1)?.digest ?? ''),
  );
  await eventually('and what comes after the pages', () =>
    kept.has(digestOf(Buffer.from('part 39'))),
  );
  near.be('failing');
  far.be('failing');
  assert.match(await text('/'), /one region only/);
  await worker.close({ drainMs: 0 });
  await start();
  await eventually('the copy is served', async () => (await text('/')).includes('one region only'));
  assert.match(await text('/style.css'), /color: red/);
  const { headers } = await rawGet(origin, '/', { 'accept-encoding': 'br' });
  assert.equal(headers['content-encoding'], 'br');
  near.be('hanging');
  far.be('hanging');
  assert.equal(await text('/part-39.txt'), 'part 39');
});

test('a release that could not be read is served once a store is back', async () => {
  near.be('well');
  far.be('well');
  await publish({ 'index.html': page('the next') });
  await eventually('it is in force', async () => (await text('/')).includes('the next'));
});
