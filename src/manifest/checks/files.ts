import { locate, type Located } from '../manifests.ts';
import { showNeed } from '../schema/notations.ts';
import type { Sight } from '../reader.ts';
import type { CheckedSite } from './check.ts';

interface Wanted {
  readonly file: string;
  readonly is: 'file' | 'folder' | 'either';
  readonly what: string;
  readonly at: Located;
}

/** Every file and folder that a manifest names is there, and inside the site. */
export async function checkFiles(site: CheckedSite): Promise<void> {
  const wanted = [...filesOfSite(site), ...filesOfServices(site), ...filesOfEdge(site)].filter(
    ({ at }) => !site.problems.isWrong(at.path),
  );
  const sights = await Promise.all(
    wanted.map(({ file }) => (leadsOut(file) ? 'outside' : site.reader.look(file))),
  );
  for (const [index, sight] of sights.entries()) {
    const one = wanted[index];
    if (one !== undefined) report(site, one, sight);
  }
}

/** A path that `joinPath` could not place inside the site stays as it was written. */
function leadsOut(file: string): boolean {
  return /^(?:\/|[A-Za-z]:)|\\|(?:^|\/)\.\.(?:\/|$)/.test(file);
}

function report({ problems }: CheckedSite, { file, is, what, at }: Wanted, sight: Sight): void {
  if (sight === is || (is === 'either' && (sight === 'file' || sight === 'folder'))) return;
  const { node, path } = at;
  if (sight === 'outside') {
    problems.add({
      code: 'file-outside-site',
      spot: node,
      path,
      message: `${file} leads out of the site directory.`,
      expected: 'a path inside the site, with forward slashes',
      remedy: 'Copy what is meant into the site directory.',
    });
    return;
  }
  const kind = is === 'either' ? 'file or folder' : is;
  problems.add({
    code: 'file-missing',
    spot: node,
    path,
    message:
      sight === 'nothing'
        ? `There is no ${kind} ${file}, ${what}.`
        : `${file}, ${what}, is a ${sight} and no ${kind}.`,
    remedy: `Create the ${kind}, or correct the path.`,
  });
}

function* filesOfSite({ manifests, content }: CheckedSite): Iterable<Wanted> {
  for (const { prefix, directory, fallback, notFound } of content.site.frontends) {
    const at = (key: string) => locate(manifests.site, 'frontends', prefix, key);
    yield { file: directory, is: 'folder', what: `the frontend of ${prefix}`, at: at('directory') };
    const pages = [
      ['fallback', fallback],
      ['not-found', notFound],
    ] as const;
    for (const [key, file] of pages) {
      if (file === null) continue;
      yield {
        file: `${directory}/${file}`,
        is: 'file',
        what: `the ${key} page of ${prefix}`,
        at: at(key),
      };
    }
  }
}

function* filesOfServices({ manifests, content }: CheckedSite): Iterable<Wanted> {
  for (const [index, manifest] of manifests.services.entries()) {
    const service = content.services[index];
    if (service === undefined || !manifest.usable) continue;
    const inside = (path: string) =>
      service.directory === '' ? path : `${service.directory}/${path}`;
    if (service.source.kind === 'run' && service.source.build.kind === 'entry') {
      const { entries, include } = service.source.build;
      for (const [at, entry] of entries.entries()) {
        const place = locate(manifest, 'build', 'entry', at);
        yield { file: inside(entry), is: 'file', what: 'an entry of the build', at: place };
      }
      for (const [at, path] of include.entries()) {
        const place = locate(manifest, 'build', 'include', at);
        yield { file: inside(path), is: 'either', what: 'which the build includes', at: place };
      }
    }
    if (service.runbooks !== null) {
      const at = locate(manifest, 'runbooks');
      yield { file: service.runbooks, is: 'folder', what: 'the folder of runbooks', at };
    }
    for (const [way, { runbook }] of service.goesDown.entries()) {
      if (runbook === null) continue;
      const at = locate(manifest, 'goes-down', way, 'runbook');
      yield { file: runbook, is: 'file', what: 'a runbook', at };
    }
    for (const need of service.needs) {
      if (need.kind !== 'http') continue;
      for (const [index, rung] of (need.proxy?.rungs ?? []).entries()) {
        if (rung.kind !== 'static') continue;
        const at = locate(manifest, 'needs', need.name, 'proxy', 'ladder', index);
        yield { file: rung.file, is: 'file', what: 'the snapshot of a rung', at };
      }
    }
    for (const feature of service.features) {
      for (const step of feature.ladder) {
        const key = step.need === null ? 'otherwise' : showNeed(step.need);
        for (const [index, rung] of step.rungs.entries()) {
          if (rung.kind !== 'static') continue;
          const at = locate(manifest, 'features', feature.name, 'ladder', key, index);
          yield { file: rung.file, is: 'file', what: 'the snapshot of a rung', at };
        }
      }
    }
  }
}

function* filesOfEdge({ manifests, content }: CheckedSite): Iterable<Wanted> {
  if (manifests.edge === null) return;
  for (const { name, file } of content.edge.tables) {
    if (file === null) continue;
    const at = locate(manifests.edge, 'tables', name, 'file');
    yield { file, is: 'file', what: `the entries of the table ${name}`, at };
  }
  const { bans, geo } = content.edge;
  if (bans.page !== null) {
    const at = locate(manifests.edge, 'bans', 'respond', 'page');
    yield { file: bans.page, is: 'file', what: 'the page of who is banned', at };
  }
  for (const key of ['country', 'asn'] as const) {
    const file = geo[key];
    if (file === null) continue;
    const at = locate(manifests.edge, 'geo', key);
    yield { file, is: 'file', what: 'a database of addresses', at };
  }
  for (const [index, { action }] of content.edge.rules.entries()) {
    if (action.kind !== 'respond' || action.page === null) continue;
    const at = locate(manifests.edge, 'rules', index, 'respond', 'page');
    yield { file: action.page, is: 'file', what: 'the page of a rule', at };
  }
}
