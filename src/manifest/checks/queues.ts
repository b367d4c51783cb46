import { locate, type Located, type Manifest } from '../manifests.ts';
import type { Feature } from '../model.ts';
import type { ServiceManifest } from '../schema/service.ts';
import type { CheckedSite } from './check.ts';

/** Credentials that would have expired by the time of a replay, or are of one browser alone. */
const expiring = new Set([
  'authorization',
  'cookie',
  'proxy-authorization',
  'x-csrf-token',
  'x-xsrf-token',
]);

/** What is queued can be done once, and its replay will be let in. */
export function checkQueue(
  site: CheckedSite,
  manifest: Manifest<ServiceManifest>,
  feature: Feature,
  rung: Located,
): void {
  if (feature.once === 'none') warnOfOnce(site, feature, rung);
  const replay = locate(manifest, 'features', feature.name, 'replay');
  if (site.problems.isWrong(replay.path)) return;
  if (feature.replay === null) warnOfReplay(site, feature, rung);
  else if (expiring.has(feature.replay.credential ?? '')) {
    site.problems.add({
      code: 'replay-expires',
      spot: replay.key ?? replay.node,
      path: replay.path,
      message: `A replay of ${feature.name} would be authorised by ${feature.replay.credential}, which may have expired by then.`,
      remedy:
        'Let the service take the write by what is in its body (`replay: open`), or by a key that does not expire, such as `replay: header.x-api-key`.',
    });
  }
}

function warnOfOnce({ problems }: CheckedSite, feature: Feature, { node, path }: Located): void {
  problems.add({
    code: 'queue-without-once',
    spot: node,
    path,
    message: `${feature.name} queues writes but does not say \`once\`.`,
    remedy:
      'Let the service store the idempotency key in the transaction of the write, and add `once: sdk`.',
  });
}

function warnOfReplay({ problems }: CheckedSite, feature: Feature, { node, path }: Located): void {
  problems.add({
    code: 'queue-without-replay',
    spot: node,
    path,
    message: `${feature.name} queues writes but does not say how a replay is authorised.`,
    remedy:
      'Add `replay: open` where the service needs no cookie and no token for it, or the header that it knows callers by: `replay: header.x-api-key`.',
  });
}
