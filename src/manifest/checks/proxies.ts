import { locate, type Located, type Manifest } from '../manifests.ts';
import type { Need } from '../model.ts';
import type { Proxy, Rung } from '../feature-model.ts';
import { showRung } from '../schema/notations.ts';
import type { ServiceManifest } from '../schema/service.ts';
import type { CheckedSite } from './check.ts';

const reads = new Set(['GET', 'HEAD']);

/** What is in front of a partner's API can do all that it is told to. */
export function checkProxies(site: CheckedSite): void {
  for (const [index, manifest] of site.manifests.services.entries()) {
    const service = site.content.services[index];
    if (service === undefined || !manifest.usable) continue;
    for (const need of service.needs) {
      if (need.kind !== 'http' || need.proxy === null) continue;
      checkUrl(site, manifest, need);
      checkRungs(site, manifest, need.name, need.proxy);
    }
  }
}

/** A query of the URL would be part of no call, and might be meant as a key. */
function checkUrl(
  { problems }: CheckedSite,
  manifest: Manifest<ServiceManifest>,
  need: Extract<Need, { kind: 'http' }>,
): void {
  const at = locate(manifest, 'needs', need.name, 'http');
  if (problems.isWrong(at.path)) return;
  const isWhole = URL.canParse(need.url);
  if (isWhole && !/[?#]/.test(need.url)) return;
  problems.add({
    code: 'proxied-url',
    spot: at.node,
    path: at.path,
    message: isWhole
      ? `The URL of ${need.name} has more than a path, and its proxy would leave that out.`
      : `The URL of ${need.name} leads nowhere, so there is nothing to stand in front of.`,
    expected: 'a URL such as `https://processor.example/v1`',
    remedy: isWhole
      ? 'Take out what begins with `?` or `#`. A key goes into a header of each call, from a secret.'
      : 'Correct it.',
  });
}

function checkRungs(
  { problems }: CheckedSite,
  manifest: Manifest<ServiceManifest>,
  need: string,
  { cache, rungs }: Proxy,
): void {
  for (const [index, rung] of rungs.entries()) {
    const at = locate(manifest, 'needs', need, 'proxy', 'ladder', index);
    if (problems.isWrong(at.path)) continue;
    const why = impossible(rung, cache.kind === 'none');
    if (why !== null) {
      problems.add({
        code: 'rung-impossible',
        spot: at.node,
        path: at.path,
        message: `The proxy of ${need} cannot take the rung \`${written(at, rung)}\`: ${why.because}.`,
        expected: '`stale`, `static` or `closed`',
        remedy: why.remedy,
      });
    } else if (rungs[index - 1]?.kind === 'closed' && rungs[index - 1]?.methods === null) {
      problems.add({
        code: 'rung-unreachable',
        spot: at.node,
        path: at.path,
        message: '`closed` always answers, so the rung behind it is never reached.',
        remedy: 'Put it in front, or take it out.',
      });
    }
  }
}

function written(at: Located, rung: Rung): string {
  return at.node.kind === 'scalar' ? at.node.text : showRung(rung);
}

function impossible(
  { kind, methods }: Rung,
  keepsNothing: boolean,
): { readonly because: string; readonly remedy: string } | null {
  if (kind === 'closed') return null;
  if (kind !== 'stale' && kind !== 'static') {
    return {
      because: 'it answers to programs of the site, which need an answer or none',
      remedy:
        'Use one of those, and let the features that need it queue, redirect or go elsewhere.',
    };
  }
  if (methods !== null && !methods.some((method) => reads.has(method))) {
    return {
      because: 'only answers to GET can be given again',
      remedy: 'Use `closed` for writes.',
    };
  }
  if (kind !== 'stale' || !keepsNothing) return null;
  return {
    because: 'with `cache: none` no answer is ever kept',
    remedy: 'Take `cache: none` out, or use `static` in place of `stale`.',
  };
}
