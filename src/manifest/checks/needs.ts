import { nearestName } from '../../lib/nearest-name.ts';
import { locate, type Located, type Manifest } from '../manifests.ts';
import type { Feature, NeedReference, Service } from '../model.ts';
import { needReference, showNeed } from '../schema/notations.ts';
import type { ServiceManifest } from '../schema/service.ts';
import type { CheckedSite } from './check.ts';

const roles = ['primary', 'replica'];

/** Every need that is named is declared, and what is declared is there. */
export function checkNeeds(site: CheckedSite): void {
  const known = namesOf(site);
  for (const [index, manifest] of site.manifests.services.entries()) {
    const service = site.content.services[index];
    if (service === undefined || !manifest.usable) continue;
    checkDeclared(site, known, manifest, service);
    for (const feature of service.features) checkReferences(site, manifest, service, feature);
  }
}

interface Names {
  readonly resources: readonly string[];
  readonly features: ReadonlySet<string>;
  /** Whether each service could be read: one that could not may hold any feature. */
  readonly complete: boolean;
}

function namesOf({ manifests, content }: CheckedSite): Names {
  const features = content.services.flatMap((service) =>
    service.features.map((feature) => `${service.name}.${feature.name}`),
  );
  return {
    resources: content.site.resources.map((resource) => resource.name),
    features: new Set(features),
    complete: manifests.services.every((manifest) => manifest.usable),
  };
}

function checkDeclared(
  { manifests, problems }: CheckedSite,
  { resources, features, complete }: Names,
  manifest: Manifest<ServiceManifest>,
  service: Service,
): void {
  for (const need of service.needs) {
    if (need.kind === 'http') continue;
    const at = locate(manifest, 'needs', need.name, need.kind);
    if (problems.isWrong(locate(manifest, 'needs', need.name).path)) continue;
    if (need.kind === 'postgres') {
      if (!manifests.site.usable || resources.includes(need.resource)) continue;
      problems.add({
        code: 'unknown-resource',
        spot: at.node,
        path: at.path,
        message: `site.yaml has no resource “${need.resource}”.${suggest(need.resource, resources)}`,
        expected:
          resources.length === 0 ? 'a resource of site.yaml' : `one of ${resources.join(', ')}`,
        remedy: `Correct the name, or add it under \`resources:\` in site.yaml: \`${need.resource}: postgres\`.`,
      });
    } else {
      const wanted = `${need.service}.${need.feature}`;
      if (!complete || features.has(wanted)) continue;
      problems.add({
        code: 'unknown-feature',
        spot: at.node,
        path: at.path,
        message: `No service of the site has the feature “${wanted}”.${suggest(wanted, features)}`,
        expected: 'a feature written `service.feature`',
        remedy: 'Correct the name, or add the feature to its service.',
      });
    }
  }
}

function checkReferences(
  site: CheckedSite,
  manifest: Manifest<ServiceManifest>,
  service: Service,
  feature: Feature,
): void {
  for (const [index, reference] of feature.needs.entries()) {
    const at = locate(manifest, 'features', feature.name, 'needs', index);
    checkReference(site, service, reference, at);
  }
  for (const { need } of feature.ladder) {
    if (need === null) continue;
    const at = locate(manifest, 'features', feature.name, 'ladder', showNeed(need));
    if (!checkReference(site, service, need, at) || feature.needs.some(covers(need))) continue;
    if (site.problems.isWrong(locate(manifest, 'features', feature.name, 'needs').path)) continue;
    site.problems.add({
      code: 'unknown-need',
      spot: at.key ?? at.node,
      path: at.path,
      message: `The ladder has rungs for ${showNeed(need)}, which ${feature.name} does not need.`,
      expected:
        feature.needs.length === 0
          ? 'a need of the feature'
          : `one of ${feature.needs.map(showNeed).join(', ')}, or otherwise`,
      remedy: `Add ${showNeed(need)} to the feature's \`needs\`, or take the rungs out.`,
    });
  }
}

/** `db` covers `db.primary` and the other way round; `db.primary` and `db.replica` are two. */
function covers(wanted: NeedReference): (has: NeedReference) => boolean {
  return (has) =>
    has.need === wanted.need &&
    (has.role === null || wanted.role === null || has.role === wanted.role);
}

/** True when the reference is sound. */
function checkReference(
  { problems }: CheckedSite,
  service: Service,
  reference: NeedReference,
  at: Located,
): boolean {
  if (problems.isWrong(at.path) || reference === needReference.fallback) return false;
  const spot = at.key ?? at.node;
  const declared = service.needs.find((need) => need.name === reference.need);
  if (declared === undefined) {
    const names = service.needs.map((need) => need.name);
    problems.add({
      code: 'unknown-need',
      spot,
      path: at.path,
      message: `${service.name} declares no need “${reference.need}”.${suggest(reference.need, [...names, 'otherwise'])}`,
      expected:
        names.length === 0 ? 'a need declared under `needs:`' : `one of ${names.join(', ')}`,
      remedy: 'Correct the name, or declare it under `needs:`.',
    });
    return false;
  }
  const { role } = reference;
  if (role === null || (declared.kind === 'postgres' && roles.includes(role))) return true;
  problems.add({
    code: 'unknown-role',
    spot,
    path: at.path,
    message:
      declared.kind === 'postgres'
        ? `PostgreSQL has no role “${role}”.${suggest(role, roles)}`
        : `${declared.name} is no database, so it has no role “${role}”.`,
    expected:
      declared.kind === 'postgres'
        ? `${declared.name}, ${declared.name}.primary or ${declared.name}.replica`
        : declared.name,
    remedy: 'Correct the role, or leave it out.',
  });
  return false;
}

function suggest(word: string, names: Iterable<string>): string {
  const near = nearestName(word, names);
  return near === null ? '' : ` Did you mean “${near}”?`;
}
