import { rootPath } from '../problems/path.ts';
import type { ProblemList } from '../problems/problem-list.ts';
import type { Spot } from '../problems/problem.ts';
import { largestFileBytes, type Reader } from '../reader.ts';
import type { ManifestNode } from '../source/node.ts';
import { parseYaml } from '../source/parse-yaml.ts';
import type { SourceFile } from '../source/source-file.ts';

/** The YAML of one file; null when it is not there or not usable, which then is in `problems`. */
export async function readSource(
  reader: Reader,
  path: string,
  problems: ProblemList,
  whenMissing: { readonly spot: Spot; readonly remedy: string } | 'fine',
): Promise<{ readonly source: SourceFile; readonly node: ManifestNode | null } | null> {
  const outcome = await reader.read(path);
  if (outcome.kind === 'text') {
    const source: SourceFile = { path, text: outcome.text };
    return { source, node: parseYaml(source, problems) };
  }
  const source: SourceFile = { path, text: '' };
  const spot = { source, start: 0, end: 0 };
  const place = { spot, path: rootPath(path) };
  switch (outcome.kind) {
    case 'missing':
      if (whenMissing === 'fine') return null;
      problems.add({
        code: 'file-missing',
        spot: whenMissing.spot,
        path: rootPath(path),
        message: `There is no file ${path}.`,
        remedy: whenMissing.remedy,
      });
      break;
    case 'outside':
      problems.add({
        code: 'file-outside-site',
        ...place,
        message: `${path} leads out of the site directory.`,
        remedy: 'Copy it into the site directory.',
      });
      break;
    case 'too-large':
      problems.add({
        code: 'file-too-large',
        ...place,
        message: `${path} has ${outcome.bytes} bytes; a manifest has at most ${largestFileBytes}.`,
        remedy: 'Split the service, or put long tables into files of their own.',
      });
      break;
    case 'unreadable':
      problems.add({
        code: 'file-unreadable',
        ...place,
        message: `${path} cannot be read: ${outcome.why}.`,
        remedy: 'Give this user the right to read it, and save it as UTF-8.',
      });
  }
  return { source, node: null };
}
