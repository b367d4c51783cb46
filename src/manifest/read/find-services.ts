import type { Path } from '../problems/path.ts';
import { child } from '../problems/path.ts';
import type { ProblemList } from '../problems/problem-list.ts';
import { joinPath, type Reader } from '../reader.ts';
import { locate, type Manifest } from '../manifests.ts';
import type { SiteManifest } from '../schema/site.ts';

/** Most services of a site. */
const mostServices = 2000;
const file = 'service.yaml';

/**
 * The service.yaml files of a site, sorted; folders that `*` finds and that hold none are passed
 * over.
 */
export async function findServices(
  reader: Reader,
  site: Manifest<SiteManifest>,
  problems: ProblemList,
): Promise<readonly string[]> {
  const found = new Set<string>();
  for (const [index, written] of site.value.services.entries()) {
    const { node, path } = locate(site, 'services', index);
    const at = { spot: node, path: path satisfies Path };
    const pattern = joinPath('', written.replace(/\/?service\.yaml$/, ''));
    if (pattern === null) {
      problems.add({
        code: 'file-outside-site',
        ...at,
        message: `“${written}” leads out of the site directory.`,
        remedy: 'Name a folder inside the site, with forward slashes.',
      });
      continue;
    }
    const folders = await expand(reader, pattern);
    const manifests = await Promise.all(
      folders.map(async (folder) => {
        const candidate = folder === '' ? file : `${folder}/${file}`;
        return (await reader.look(candidate)) === 'nothing' ? null : candidate;
      }),
    );
    const present = manifests.filter((candidate) => candidate !== null);
    for (const manifest of present) found.add(manifest);
    const defaulted = !locate(site, 'services').written;
    if (present.length === 0 && site.usable && !defaulted) {
      problems.add({
        code: 'file-missing',
        ...at,
        message: `No ${file} is in ${written}.`,
        expected: `a folder with a ${file}`,
        remedy: `Correct the path, or write one: \`turnout init --service NAME\`.`,
      });
    }
  }
  if (found.size <= mostServices) return [...found].sort();
  const { node, path } = locate(site, 'services');
  problems.add({
    code: 'invalid-value',
    spot: node,
    path: child(path, 0),
    message: `The site has ${found.size} services.`,
    expected: `at most ${mostServices}`,
    remedy: 'Split the site.',
  });
  return [];
}

async function expand(reader: Reader, pattern: string): Promise<readonly string[]> {
  let folders: readonly string[] = [''];
  for (const part of pattern.split('/')) {
    const join = (folder: string, name: string) => (folder === '' ? name : `${folder}/${name}`);
    if (!part.includes('*')) {
      folders = folders.map((folder) => join(folder, part));
      continue;
    }
    const shape = new RegExp(
      `^${part
        .split('*')
        .map((piece) => RegExp.escape(piece))
        .join('.*')}$`,
    );
    const inside = await Promise.all(
      folders.map(async (folder) =>
        (await reader.folders(folder))
          .filter((name) => shape.test(name) && !name.startsWith('.'))
          .map((name) => join(folder, name)),
      ),
    );
    folders = inside.flat().slice(0, mostServices + 1);
  }
  return folders;
}
