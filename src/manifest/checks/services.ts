import { formatPercentage } from '../../lib/percentage.ts';
import { locate, type Manifest } from '../manifests.ts';
import type { Service } from '../model.ts';
import type { ProblemList } from '../problems/problem-list.ts';
import type { ServiceManifest } from '../schema/service.ts';
import type { CheckedSite } from './check.ts';

/** Each service by itself: one name, one way to reach it, bounds the right way round. */
export function checkServices({ manifests, content, problems }: CheckedSite): void {
  const first = new Map<string, Manifest<ServiceManifest>>();
  for (const [index, manifest] of manifests.services.entries()) {
    const service = content.services[index];
    if (service === undefined || !manifest.usable) continue;
    const earlier = first.get(service.name);
    if (earlier === undefined) first.set(service.name, manifest);
    else if (service.name !== '') refuseDuplicate(earlier, manifest, service.name, problems);
    checkSource(manifest, problems);
    checkScale(manifest, service, problems);
    checkCanary(manifest, service, problems);
  }
}

function refuseDuplicate(
  earlier: Manifest<ServiceManifest>,
  manifest: Manifest<ServiceManifest>,
  name: string,
  problems: ProblemList,
): void {
  const { node, path } = locate(manifest, 'service');
  problems.add({
    code: 'duplicate-service',
    spot: node,
    path,
    message: `Another service is called “${name}” too.`,
    remedy: 'Give one of them another name.',
    also: [{ what: 'the other one', spot: locate(earlier, 'service').node }],
  });
}

function checkSource(manifest: Manifest<ServiceManifest>, problems: ProblemList): void {
  const { at, build, run } = manifest.value;
  const { node, path } = locate(manifest, 'service');
  const wrong = ['at', 'build', 'run'].some((key) => problems.isWrong(locate(manifest, key).path));
  if (wrong) return;
  if (at === null && build === null && run === null) {
    problems.add({
      code: 'missing-key',
      spot: node,
      path: locate(manifest, 'run').path,
      message: 'The service says neither how it is run nor where it runs.',
      expected: '`build` and `run`, or `at`',
      remedy: 'Add `build: { entry: server.ts }`, or `at: [http://…]` if it runs elsewhere.',
    });
  } else if (build !== null && build.command !== null && run === null) {
    problems.add({
      code: 'missing-key',
      spot: locate(manifest, 'build').node,
      path,
      message: 'A build by a command does not say how an instance is started.',
      expected: '`run`',
      remedy: 'Add `run: { command: … }`.',
    });
  }
}

function checkScale(
  manifest: Manifest<ServiceManifest>,
  { scale }: Service,
  problems: ProblemList,
): void {
  const inverted = (small: string, large: string, values: readonly [number, number]): void => {
    const low = locate(manifest, 'scale', small);
    const high = locate(manifest, 'scale', large);
    if (values[0] <= values[1] || problems.isWrong(low.path) || problems.isWrong(high.path)) return;
    const at = high.written ? high : low;
    problems.add({
      code: 'range-inverted',
      spot: at.node,
      path: at.path,
      message: `\`${small}\` is ${values[0]} and \`${large}\` is ${values[1]}.`,
      expected: `\`${small}\` at most \`${large}\``,
      remedy: `Raise \`${large}\` or lower \`${small}\`.`,
      ...(low.written && high.written ? { also: [{ what: `\`${small}\``, spot: low.node }] } : {}),
    });
  };
  inverted('min', 'max', [scale.min, scale.max]);
  inverted('target-in-flight', 'limit-in-flight', [scale.targetInFlight, scale.limitInFlight]);
}

function checkCanary(
  manifest: Manifest<ServiceManifest>,
  { release }: Service,
  problems: ProblemList,
): void {
  const { node, path } = locate(manifest, 'release', 'canary');
  if (problems.isWrong(path)) return;
  const falling = release.canary.findIndex(
    (step, index) => index > 0 && step <= (release.canary[index - 1] ?? 0),
  );
  const last = release.canary.at(-1) ?? 0;
  if (falling === -1 && last === 1 && (release.canary[0] ?? 0) > 0) return;
  problems.add({
    code: 'canary-incomplete',
    spot: falling === -1 ? node : locate(manifest, 'release', 'canary', falling).node,
    path,
    message:
      falling === -1
        ? `The canary steps ${release.canary.map(formatPercentage).join(', ')} do not lead from above 0% to 100%.`
        : 'A canary step is not above the one before it.',
    expected: 'steps that rise and end at 100%',
    remedy: 'Write for example `canary: [5%, 25%, 100%]`.',
  });
}
