import type { Service } from '../../manifest/model.ts';
import type { DeriveProblem } from '../result.ts';

/**
 * What a manifest says of a service at addresses of its own and nobody could do: secrets and
 * settings reach a service through the environment of its instances, commands run beside them, and
 * such a service has none.
 */
export function idleSettings(service: Service): readonly DeriveProblem[] {
  const { secrets, environment, release, jobs } = service;
  const delivered = [
    ...secrets.map(({ name }) => `the secret ${name}`),
    ...Object.keys(environment).map((name) => `the setting ${name}`),
  ];
  const run = [
    ...(release.before === null ? [] : [`"${release.before.join(' ')}"`]),
    ...jobs.map(({ name }) => `the job ${name}`),
  ];
  const why = `Turnout does not run ${service.name}, which stands at addresses of its own`;
  return [
    ...delivered.map((what): DeriveProblem => ({
      code: 'never-delivered',
      place: service.name,
      message: `${what} would never reach it: ${why}`,
      remedy: 'set it where the service runs, and take it out of service.yaml',
    })),
    ...run.map((what): DeriveProblem => ({
      code: 'never-run',
      place: service.name,
      message: `${what} would never run: ${why}`,
      remedy: 'run it where the service runs, and take it out of service.yaml',
    })),
  ];
}
