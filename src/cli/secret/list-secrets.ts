import { privateHalfOf } from '../../contract/secret-names.ts';
import type { SecretPlan } from '../../derive/release-plan/release-plan.ts';
import type { OpenedSecrets } from './open-secrets.ts';

/**
 * Where the value of a secret comes from; `when-needed`: it is made when a service first starts.
 */
export type SecretSource = 'environment' | 'file' | 'generated' | 'when-needed' | 'missing';

export interface ListedSecret {
  readonly name: string;
  readonly from: SecretSource;
  /** Services that find it in their environment; none for one that is only kept. */
  readonly services: readonly string[];
}

/** Every secret that is set or wanted, by name; never a value. */
export async function listSecrets({
  secrets,
  services,
}: OpenedSecrets): Promise<readonly ListedSecret[]> {
  const { environment, file, generated } = secrets;
  const names = await Promise.all([environment.list(), file.list(), generated.list()]);
  const [given, kept, made] = names.map((list) => new Set(list.filter(isForServices)));
  const wanted = new Map<string, { readonly plan: SecretPlan; readonly services: string[] }>();
  for (const { service, secrets: plans } of services) {
    for (const plan of plans) {
      const known = wanted.get(plan.name);
      if (known === undefined) wanted.set(plan.name, { plan, services: [service] });
      else known.services.push(service);
    }
  }
  const sourceOf = (name: string): SecretSource => {
    if (given?.has(name)) return 'environment';
    if (kept?.has(name)) return 'file';
    if (made?.has(name)) return 'generated';
    const generate = wanted.get(name)?.plan.generate ?? null;
    if (generate === null) return 'missing';
    // Nobody keeps a public half: it comes from where the private one does.
    return generate === 'public-half' ? sourceOf(privateHalfOf(name)) : 'when-needed';
  };
  const all = new Set([...wanted.keys(), ...names.flat().filter(isForServices)]);
  return [...all].sort().map((name) => ({
    name,
    from: sourceOf(name),
    services: wanted.get(name)?.services ?? [],
  }));
}

/** What Turnout keeps for itself begins with an underscore. */
function isForServices(name: string): boolean {
  return !name.startsWith('_');
}

const words: Readonly<Record<SecretSource, string>> = {
  environment: 'environment',
  file: 'secrets.age',
  generated: 'generated',
  'when-needed': 'generated when first needed',
  missing: 'MISSING',
};

/** For people: one line each. */
export function renderSecrets(listed: readonly ListedSecret[]): string {
  if (listed.length === 0) return 'No service wants a secret, and none is set.\n';
  const nameWidth = Math.max(...listed.map(({ name }) => name.length));
  const fromWidth = Math.max(...listed.map(({ from }) => words[from].length));
  const lines = listed.map(({ name, from, services }) => {
    const users = services.length === 0 ? 'no service wants it' : `for ${services.join(', ')}`;
    return `${name.padEnd(nameWidth)}  ${words[from].padEnd(fromWidth)}  ${users}`;
  });
  return `${lines.join('\n')}\n`;
}
