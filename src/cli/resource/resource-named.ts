import type { ResourceStatus } from '../../contract/status.ts';
import { TurnoutError } from '../../lib/errors.ts';
import { nearestName } from '../../lib/nearest-name.ts';

/** Throws TurnoutError `resource-unknown`. */
export function resourceNamed(resources: readonly ResourceStatus[], name: string): ResourceStatus {
  const found = resources.find((resource) => resource.name === name);
  if (found !== undefined) return found;
  const names = resources.map((resource) => resource.name);
  const near = nearestName(name, names);
  throw new TurnoutError(
    'resource-unknown',
    `The site has no resource “${name}”.${near === null ? '' : ` Did you mean “${near}”?`}`,
    names.length === 0
      ? 'Name one under `resources:` in site.yaml, and `turnout up`.'
      : `It has ${names.join(', ')}.`,
  );
}
