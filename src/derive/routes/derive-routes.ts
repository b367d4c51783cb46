import type { Feature, Frontend, Model, RoutePattern, Service } from '../../manifest/model.ts';
import { partnerServices } from '../partners/partner-services.ts';
import { compareFrontends, compareRoutes, depthOf } from './specificity.ts';
import type { FrontendRoute, Route, RouteTable } from './route-table.ts';

/**
 * What is reachable where: every route of every feature and every frontend, in the order they are
 * tried.
 */
export function deriveRoutes(model: Model): RouteTable {
  const frontends = model.site.frontends.map(frontendRoute);
  const routes = [...model.services, ...partnerServices(model)].flatMap((service) =>
    service.features.flatMap((feature) =>
      feature.routes.map((pattern) => featureRoute(service, feature, pattern)),
    ),
  );
  return {
    hosts: [...model.site.hosts],
    trustedHops: [...model.site.trustedHops],
    frontends: frontends.sort(compareFrontends),
    routes: routes.sort(compareRoutes),
  };
}

function frontendRoute(frontend: Frontend): FrontendRoute {
  return {
    frontend: frontend.name,
    prefix: frontend.prefix,
    depth: depthOf(frontend.prefix),
    hosts: [...frontend.hosts],
    fallback: frontend.fallback,
    notFound: frontend.notFound,
    cacheMs: frontend.cacheMs,
  };
}

function featureRoute(service: Service, feature: Feature, pattern: RoutePattern): Route {
  return {
    feature: `${service.name}.${feature.name}`,
    service: service.name,
    hosts: [...feature.hosts],
    method: pattern.method,
    path: pattern.path,
    depth: depthOf(pattern.path),
    internal: feature.internal,
    deadlineMs: feature.limits.deadlineMs,
    bodyBytes: feature.limits.bodyBytes,
    rewrite: feature.rewrite,
    cors: feature.cors,
  };
}
