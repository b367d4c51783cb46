import { nearestName } from '../../lib/nearest-name.ts';
import { locate, type Located, type Manifest } from '../manifests.ts';
import type { Feature } from '../model.ts';
import type { LadderStep, Rung } from '../feature-model.ts';
import type { ServiceManifest } from '../schema/service.ts';
import { showNeed, showRung } from '../schema/notations.ts';
import type { CheckedSite } from './check.ts';
import { checkQueue } from './queues.ts';

const reads = new Set(['GET', 'HEAD']);
const writes = new Set(['POST', 'PUT', 'PATCH', 'DELETE']);

/**
 * Every rung can be stepped on, core features have a ladder, and ladders agree with what people are
 * told.
 */
export function checkLadders(site: CheckedSite): void {
  for (const [index, manifest] of site.manifests.services.entries()) {
    const service = site.content.services[index];
    if (service === undefined || !manifest.usable) continue;
    for (const feature of service.features) checkFeature(site, manifest, feature);
    checkGoesDown(site, manifest);
  }
}

function checkFeature(
  site: CheckedSite,
  manifest: Manifest<ServiceManifest>,
  feature: Feature,
): void {
  const { problems } = site;
  const ladder = locate(manifest, 'features', feature.name, 'ladder');
  if (problems.isWrong(ladder.path)) return;
  for (const step of feature.ladder) {
    const key = step.need === null ? 'otherwise' : showNeed(step.need);
    for (const [index, rung] of step.rungs.entries()) {
      const at = locate(manifest, 'features', feature.name, 'ladder', key, index);
      checkRung(site, feature, rung, at);
      checkReachable(site, step, index, at);
      if (rung.kind === 'queue') checkQueue(site, manifest, feature, at);
    }
  }
  const tier = locate(manifest, 'features', feature.name, 'tier');
  if (feature.tier === 'core' && feature.ladder.length === 0 && !problems.isWrong(tier.path)) {
    const { key, node, path } = locate(manifest, 'features', feature.name);
    problems.add({
      code: 'core-without-ladder',
      spot: key ?? node,
      path,
      message: `The core feature ${feature.name} has no ladder.`,
      remedy:
        'Say what happens when a need fails: `ladder: [stale 1h, closed]` for reads, `queue 24h by KEY` for writes.',
    });
  }
}

function checkRung(site: CheckedSite, feature: Feature, rung: Rung, at: Located): void {
  const why = impossible(site, feature, rung);
  if (why === null) return;
  site.problems.add({
    code: rung.kind === 'region' && why.isUnknown === true ? 'unknown-region' : 'rung-impossible',
    spot: at.node,
    path: at.path,
    message: `${feature.name} cannot take the rung \`${at.node.kind === 'scalar' ? at.node.text : showRung(rung)}\`: ${why.because}.`,
    ...(why.expected === null ? {} : { expected: why.expected }),
    remedy: why.remedy,
  });
}

interface Impossible {
  readonly because: string;
  readonly expected: string | null;
  readonly remedy: string;
  /** What it names is nowhere. */
  readonly isUnknown?: true;
}

function impossible(site: CheckedSite, feature: Feature, rung: Rung): Impossible | null {
  const served = servedMethods(feature);
  const absent = rung.methods?.find((method) => !served.has(method) && !served.has('ANY'));
  if (absent !== undefined) {
    return {
      because: `no route of it takes ${absent}`,
      expected: `some of ${[...served].join(', ')}`,
      remedy: 'Correct the methods behind `for`.',
    };
  }
  const meant = rung.methods === null ? served : new Set(rung.methods);
  const some = (wanted: ReadonlySet<string>) =>
    meant.has('ANY') || [...meant].some((method) => wanted.has(method));
  if ((rung.kind === 'stale' || rung.kind === 'static') && !some(reads)) {
    return {
      because: 'only answers to GET can be given again, and it has no such route',
      expected: null,
      remedy: 'Use `queue`, `redirect` or `closed` for writes.',
    };
  }
  if (rung.kind === 'stale' && feature.cache.kind === 'none') {
    return {
      because: 'with `cache: none` no answer is ever kept',
      expected: null,
      remedy: 'Take `cache: none` out, or use `static` in place of `stale`.',
    };
  }
  if ((rung.kind === 'queue' || rung.kind === 'read-only') && !some(writes)) {
    return {
      because: 'it takes no writes',
      expected: null,
      remedy: 'Use `stale`, `static`, `redirect` or `closed` for reads.',
    };
  }
  return rung.kind === 'region' ? unknownRegion(site, rung.region) : null;
}

function unknownRegion({ manifests, content }: CheckedSite, region: string): Impossible | null {
  const { regions } = content.site;
  const found = regions.find(({ name }) => name === region);
  if (!manifests.site.usable || (found !== undefined && found.at !== null)) return null;
  if (found !== undefined) {
    return {
      because: `site.yaml does not say where the region “${region}” is reached`,
      expected: null,
      remedy: `Write \`{ name: ${region}, at: https://… }\` under \`regions:\` in site.yaml.`,
    };
  }
  const names = regions.map(({ name }) => name);
  const near = nearestName(region, names);
  return {
    because: `site.yaml lists no region “${region}”${near === null ? '' : ` (did you mean “${near}”?)`}`,
    expected: regions.length === 0 ? null : `one of ${names.join(', ')}`,
    remedy: 'Correct the name, or add it to `regions:` in site.yaml.',
    isUnknown: true,
  };
}

function servedMethods(feature: Feature): ReadonlySet<string> {
  const methods = new Set(feature.routes.map((route) => route.method));
  if (methods.has('GET')) methods.add('HEAD');
  return methods;
}

/** `closed` and `redirect` always answer, so nothing behind them is reached. */
function checkReachable(
  { problems }: CheckedSite,
  step: LadderStep,
  index: number,
  at: Located,
): void {
  const before = step.rungs[index - 1];
  if (before === undefined || before.methods !== null) return;
  if (before.kind !== 'closed' && before.kind !== 'redirect') return;
  problems.add({
    code: 'rung-unreachable',
    spot: at.node,
    path: at.path,
    message: `\`${showRung(before)}\` always answers, so the rung behind it is never reached.`,
    remedy: 'Put it in front, or take it out.',
  });
}

function checkGoesDown({ problems }: CheckedSite, manifest: Manifest<ServiceManifest>): void {
  const { features, 'goes-down': ways } = manifest.value;
  const goesDown = locate(manifest, 'goes-down');
  const featuresAt = locate(manifest, 'features');
  const withLadder = [...features].find(([, feature]) => feature.ladder.size > 0)?.[0];
  if (problems.isWrong(goesDown.path) || problems.isWrong(featuresAt.path)) return;
  if (ways.length === 0 && withLadder !== undefined) {
    const ladder = locate(manifest, 'features', withLadder, 'ladder');
    problems.add({
      code: 'goes-down-missing',
      spot: ladder.key ?? ladder.node,
      path: goesDown.path,
      message: 'The service has ladders, but `goes-down` tells nobody what users then see.',
      remedy: 'Add `goes-down: [{ when: …, users-see: …, runbook: … }]`.',
    });
  } else if (ways.length > 0 && withLadder === undefined) {
    problems.add({
      code: 'goes-down-missing',
      spot: goesDown.key ?? goesDown.node,
      path: featuresAt.path,
      message:
        '`goes-down` says how the service fails, but no feature has a ladder that makes it so.',
      remedy: 'Give the features that are meant their ladders.',
    });
  }
  for (const [index, way] of ways.entries()) {
    if (way.runbook !== null) continue;
    const { node, path } = locate(manifest, 'goes-down', index);
    problems.add({
      code: 'runbook-missing',
      spot: locate(manifest, 'goes-down', index, 'when').node ?? node,
      path,
      message: 'Nobody is told what to do then.',
      remedy: 'Name a runbook: `runbook: FILE`.',
    });
  }
}
