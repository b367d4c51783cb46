import { join } from 'node:path';
import { createAgeSecrets } from '../adapters/age/secrets.ts';
import type { AgeSecrets } from '../adapters/age/secrets.ts';
import { createEnvironmentSecrets } from '../adapters/environment/secrets.ts';
import type { StateFolder } from '../contract/state-folder.ts';
import type { Secrets } from '../ports/secrets/port.ts';

export interface SiteSecretsOptions {
  readonly site: string;
  /** Absolute path of the folder with site.yaml. */
  readonly siteDirectory: string;
  readonly folder: StateFolder;
}

/** Where the secrets of a site come from. */
export interface SiteSecrets {
  readonly environment: Secrets;
  /** Of the file for people, which goes into the repository: `secrets.age` beside site.yaml. */
  readonly path: string;
  /** What people set. */
  readonly file: AgeSecrets;
  /** What was made because nobody set it, in the state folder. */
  readonly generated: AgeSecrets;
  /** All of them: the environment comes first, then what people set, then what was made. */
  readonly inOrder: Secrets;
}

export function openSiteSecrets({ site, siteDirectory, folder }: SiteSecretsOptions): SiteSecrets {
  const environment = createEnvironmentSecrets();
  const path = join(siteDirectory, 'secrets.age');
  const file = createAgeSecrets({ file: path, site });
  const generated = createAgeSecrets({
    file: folder.generatedSecrets,
    lockFile: folder.generatedSecretsLock,
    site,
  });
  const set = async (name: string): Promise<string | null> =>
    (await environment.get(name)) ?? file.get(name);
  const inOrder: Secrets = {
    get: async (name) => (await set(name)) ?? generated.get(name),
    list: async () => {
      const all = [environment, file, generated].map((layer) => layer.list());
      return [...new Set((await Promise.all(all)).flat())].sort();
    },
    obtain: async (name, make) => (await set(name)) ?? generated.obtain(name, make),
    set: (name, value) => file.set(name, value),
    delete: (name) => file.delete(name),
  };
  return { environment, path, file, generated, inOrder };
}
