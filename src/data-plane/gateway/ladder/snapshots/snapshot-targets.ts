import { createHash } from 'node:crypto';

import type { FeaturePolicy } from '../../../../derive/policies/policies.ts';
import type { RouteTable } from '../../../../derive/routes/route-table.ts';

/** An address whose answer stands for the file of a `static` rung. */
export interface SnapshotTarget {
  readonly feature: string;
  readonly path: string;
  /** What it is asked as. */
  readonly host: string;
  /** The file that it stands for, which says what kind of thing it is. */
  readonly file: string;
}

/** More addresses are not asked for: their files stand in for them. */
const MOST_TARGETS = 200;

/**
 * The addresses that the site asks for by itself: those that a feature with a `static` rung answers
 * by GET and that one can name, having no parameters.
 */
export function snapshotTargets(
  { routes, hosts }: Pick<RouteTable, 'routes' | 'hosts'>,
  features: readonly FeaturePolicy[],
): readonly SnapshotTarget[] {
  const files = new Map(
    features.flatMap(({ feature, ladder }) => {
      const rungs = ladder.flatMap((step) => step.rungs);
      const rung = rungs.find(({ kind, methods }) => kind === 'static' && methods.includes('GET'));
      return rung?.kind === 'static' ? [[feature, rung.file] as const] : [];
    }),
  );
  const targets = routes.flatMap(({ feature, method, path, hosts: own }) => {
    const file = files.get(feature);
    const isNamed = !path.includes(':') && !path.includes('**');
    if (file === undefined || !isNamed || (method !== 'GET' && method !== 'ANY')) return [];
    const host = [...own, ...hosts].find((name) => !name.includes('*')) ?? 'localhost';
    return [{ feature, path, host, file }];
  });
  return targets.slice(0, MOST_TARGETS);
}

/** What it is kept under in state. */
export function snapshotName({ feature, path }: Pick<SnapshotTarget, 'feature' | 'path'>): string {
  return createHash('sha256').update(`${feature}\n${path}`).digest('hex').slice(0, 40);
}
