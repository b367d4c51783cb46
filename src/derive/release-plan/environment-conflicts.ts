import {
  DRAIN_MS,
  HOST,
  INSTANCE,
  PORT,
  RELEASE,
  SERVICE,
  SITE,
  needVariable,
  replicasVariable,
  viaVariable,
} from '../../contract/environment.ts';
import { publicHalfOf } from '../../contract/secret-names.ts';
import type { Need, Service } from '../../manifest/model.ts';
import type { DeriveProblem } from '../result.ts';

/** Every name that this Turnout sets itself; `TURNOUT_…` as a whole is kept for those to come. */
const reserved = new Set([PORT, HOST, SITE, SERVICE, INSTANCE, RELEASE, DRAIN_MS]);
const reservedPrefix = 'TURNOUT_';

/**
 * Two things of one service that want the same environment variable: two needs whose names differ
 * only in punctuation, a secret named as a setting, or anything named as a variable of Turnout's
 * own.
 */
export function environmentConflicts(service: Service): readonly DeriveProblem[] {
  const claims = [
    ...service.needs.flatMap((need) =>
      variablesOf(need).map((name) => ({ name, what: `the need ${need.name}` })),
    ),
    ...service.secrets.flatMap(({ name, generate }) => [
      { name, what: `the secret ${name}` },
      ...(generate === 'key-pair' && !lists(service, publicHalfOf(name))
        ? [{ name: publicHalfOf(name), what: `the public half of the secret ${name}` }]
        : []),
    ]),
    ...Object.keys(service.environment).map((name) => ({ name, what: `the setting ${name}` })),
  ];
  const taken = new Map<string, string>();
  const problems: DeriveProblem[] = [];
  for (const { name, what } of claims) {
    const holder = isReserved(name) ? 'Turnout itself' : taken.get(name);
    if (holder === undefined) taken.set(name, what);
    // Two needs of one spelling share all their variables: that is one mistake.
    else if (!problems.some(({ message }) => message.startsWith(`${what} and ${holder} `)))
      problems.push(conflict(service.name, name, what, holder));
  }
  return problems;
}

function lists({ secrets }: Service, secret: string): boolean {
  return secrets.some(({ name }) => name === secret);
}

function variablesOf({ kind, name }: Need): readonly string[] {
  if (kind === 'postgres') return [needVariable(name), replicasVariable(name)];
  return kind === 'http' ? [needVariable(name), viaVariable(name)] : [needVariable(name)];
}

function isReserved(name: string): boolean {
  return reserved.has(name) || name.startsWith(reservedPrefix);
}

function conflict(service: string, name: string, what: string, holder: string): DeriveProblem {
  return {
    code: 'environment-name-taken',
    place: service,
    message: `${what} and ${holder} would both set the environment variable ${name}`,
    remedy: `rename ${what} so that each has a variable of its own`,
  };
}
