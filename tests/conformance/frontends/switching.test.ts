import assert from 'node:assert/strict';
import { globSync } from 'node:fs';
import { chmod, readFile, rm, writeFile } from 'node:fs/promises';
import { describe, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { parseFrontendRelease } from '../../../src/contract/frontend-release.ts';
import { FRONTENDS_PREFIX } from '../../../src/contract/keys.ts';
import { eventually } from '../../support/eventually.ts';
import { startFrontendSite, type FrontendSite } from '../../support/frontend-site.ts';
import { rawGet } from '../../support/raw-get.ts';

const site = await startFrontendSite(filesOf('one', 'a1b2c3d4'));

function filesOf(name: string, hash: string): Record<string, string> {
  return {
    'index.html': `<!doctype html><title>${name}</title>${`<p>${name}</p>`.repeat(200)}`,
    [`assets/app-${hash}.js`]: `export const name = '${name}';`,
    'plain.txt': name,
  };
}

/** Publishes and waits until the worker has taken it up. */
async function switchTo(name: string, hash: string): Promise<void> {
  await site.publish(filesOf(name, hash));
  await eventually(`${name} is served`, async () => {
    const { body } = await rawGet(site.origin, '/plain.txt');
    return body.toString() === name;
  });
}

describe('a switch of releases', () => {
  test('leaves hashed assets of earlier releases reachable, and nothing else', async () => {
    await switchTo('two', 'b2c3d4e5');
    const early = await rawGet(site.origin, '/assets/app-a1b2c3d4.js');
    const late = await rawGet(site.origin, '/assets/app-b2c3d4e5.js');
    assert.equal(early.body.toString(), "export const name = 'one';");
    assert.equal(late.body.toString(), "export const name = 'two';");
    await site.publish({ 'index.html': 'three' });
    await eventually('plain.txt is gone', async () => {
      const { status } = await rawGet(site.origin, '/plain.txt');
      return status === 404;
    });
    assert.equal((await rawGet(site.origin, '/assets/app-a1b2c3d4.js')).status, 200);
  });

  test('changes page and tag together, at once: no answer mixes two releases', async () => {
    await switchTo('four', 'd4e5f6a7');
    const over = new AbortController();
    const seen = new Map<string, string>();
    const watching = Array.from({ length: 8 }, async () => {
      while (!over.signal.aborted) {
        const { status, headers, body } = await rawGet(site.origin, '/');
        assert.equal(status, 200);
        const tag = headers['etag'] as string;
        assert.equal(seen.get(tag) ?? body.toString(), body.toString());
        seen.set(tag, body.toString());
      }
    });
    const titles = (): (string | undefined)[] =>
      [...seen.values()].map((page) => /<title>(.+)<\/title>/.exec(page)?.[1]);
    for (const name of ['five', 'six', 'seven']) {
      await site.publish(filesOf(name, 'd4e5f6a7'));
      await eventually(`${name} is seen`, () => titles().includes(name));
    }
    over.abort();
    await Promise.all(watching);
    assert.equal(new Set(titles()).size, seen.size);
  });

  test('to a release that is not there is refused, told, and changes nothing', async () => {
    await switchTo('eight', 'e5f6a7b8');
    const key = `${FRONTENDS_PREFIX}home`;
    const broken = { ...(await site.pointer()), release: `sha256:${'0'.repeat(64)}` };
    await site.state.put(key, broken);
    await logs(site, 'frontend-blob-missing|is not in the store');
    const answer = await rawGet(site.origin, '/plain.txt');
    assert.equal(answer.body.toString(), 'eight');
  });
});

test('an earlier release that is lost stands in the way of no later one', async () => {
  const { release } = await site.pointer();
  const lost = { release: `sha256:${'1'.repeat(64)}`, variants: `sha256:${'2'.repeat(64)}` };
  await site.state.put(`${FRONTENDS_PREFIX}home`, { ...(await site.pointer()), previous: [lost] });
  await switchTo('after', 'b7c8d9e0');
  const { previous } = await site.pointer();
  assert.deepEqual(
    previous.filter((each) => each.release !== release),
    [],
  );
});

describe('a blob that is lost or damaged', () => {
  test('is answered with 500 and told, never with wrong bytes', async () => {
    await switchTo('nine', 'f6a7b8c9');
    const file = await blobFileOf('assets/app-f6a7b8c9.js');
    const bytes = await readFile(file);
    bytes[0] = (bytes[0] as number) ^ 1;
    await chmod(file, 0o600);
    await writeFile(file, bytes);
    const answer = await rawGet(site.origin, '/assets/app-f6a7b8c9.js');
    assert.equal(answer.status, 500);
    assert.equal(answer.headers['content-type'], 'application/problem+json');
    assert.equal(answer.headers['cache-control'], 'no-store');
    await logs(site, 'A request failed inside.*(corrupt|damaged|digest)');
  });

  test('comes back by publishing again', async () => {
    await switchTo('ten', 'a7b8c9d0');
    await rm(await blobFileOf('assets/app-a7b8c9d0.js'));
    assert.equal((await rawGet(site.origin, '/assets/app-a7b8c9d0.js')).status, 500);
    await site.publish(filesOf('ten', 'a7b8c9d0'));
    const answer = await rawGet(site.origin, '/assets/app-a7b8c9d0.js');
    assert.equal(answer.body.toString(), "export const name = 'ten';");
  });
});

async function blobFileOf(path: string): Promise<string> {
  const release = await site.blobs.get((await site.pointer()).release);
  const { files } = parseFrontendRelease(release ?? new Uint8Array());
  const digest = files.find((file) => file.path === path)?.content.digest ?? '';
  const name = digest.slice('sha256:xx'.length);
  const [file] = globSync(`${site.folder}/**/${name}`);
  assert.ok(file, `${digest} is a file`);
  return file;
}

async function logs({ logged }: FrontendSite, pattern: string): Promise<void> {
  await eventually(`the log says ${pattern}`, async () => {
    await turn();
    return logged.some((line) => new RegExp(pattern).test(JSON.stringify(line)));
  });
}
