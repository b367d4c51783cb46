import type { SdkNeedPolicy, SdkPolicy } from '../../contract/sdk-policy.ts';
import type { Model, Need, Service, ServiceSource } from '../../manifest/model.ts';
import type { NeedPolicy, Policies } from '../policies/policies.ts';
import type { DeriveProblem, DeriveResult } from '../result.ts';
import { partnerPath } from '../partners/partner-services.ts';
import { environmentConflicts } from './environment-conflicts.ts';
import { idleSettings } from './idle-settings.ts';
import { generatedSecrets, planSecrets } from './plan-secrets.ts';
import type { GeneratedSecrets } from './plan-secrets.ts';
import type { NeedPlan, ReleasePlan, ServicePlan } from './release-plan.ts';

/**
 * What must be stood up: resources, then the releases of frontends and of the services that Turnout
 * runs.
 */
export function deriveReleasePlan(model: Model, policies: Policies): DeriveResult<ReleasePlan> {
  const { generated, problems: madeTwice } = generatedSecrets(model.services);
  const problems: DeriveProblem[] = [...madeTwice];
  const services: ServicePlan[] = [];
  for (const service of model.services) {
    if (service.source.kind === 'run') {
      services.push(servicePlan(service, service.source, policies, generated));
      problems.push(...environmentConflicts(service));
    } else {
      problems.push(...idleSettings(service));
    }
  }
  return {
    value: {
      site: model.site.name,
      links: model.site.links,
      resources: model.site.resources.map((resource) => ({ ...resource })),
      services,
      frontends: model.site.frontends.map((frontend) => ({
        frontend: frontend.name,
        directory: frontend.directory,
        prefix: frontend.prefix,
        fallback: frontend.fallback,
        notFound: frontend.notFound,
        client: frontend.client,
      })),
    },
    problems,
  };
}

function servicePlan(
  service: Service,
  source: Extract<ServiceSource, { kind: 'run' }>,
  policies: Policies,
  generated: GeneratedSecrets,
): ServicePlan {
  return {
    service: service.name,
    directory: service.directory,
    build: source.build,
    command: [...source.command],
    before: service.release.before === null ? null : [...service.release.before],
    health: { ...service.health },
    instances: { min: service.scale.min, max: service.scale.max },
    canary: [...service.release.canary],
    bakeMs: service.release.bakeMs,
    minRequests: service.release.minRequests,
    drainMs: service.release.drainMs,
    secrets: planSecrets(service, generated),
    environment: { ...service.environment },
    needs: service.needs.map((need) => needPlan(service, need)),
    policy: sdkPolicy(service, policies),
    jobs: service.jobs.map(({ name, ...job }) => ({ job: name, ...job })),
  };
}

/** Without the targets: where a need is, the environment says. */
function sdkPolicy({ name, health }: Service, policies: Policies): SdkPolicy {
  const needs = policies.services.find(({ service }) => service === name)?.needs ?? [];
  return { version: 1, health: health.path, needs: needs.map(withoutTarget) };
}

function withoutTarget({ target: _target, ...policy }: NeedPolicy): SdkNeedPolicy {
  return policy;
}

function needPlan(service: Service, need: Need): NeedPlan {
  switch (need.kind) {
    case 'postgres':
      return { need: need.name, kind: need.kind, resource: need.resource };
    case 'http':
      return {
        need: need.name,
        kind: need.kind,
        url: need.url,
        ...(need.proxy === null ? {} : { proxyPath: partnerPath(service.name, need.name) }),
      };
    case 'feature':
      return { need: need.name, kind: need.kind, feature: `${need.service}.${need.feature}` };
  }
}
