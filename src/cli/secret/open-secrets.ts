import { stateFolder } from '../../contract/state-folder.ts';
import type { ServicePlan } from '../../derive/release-plan/release-plan.ts';
import { openSiteSecrets } from '../../profiles/site-secrets.ts';
import type { SiteSecrets } from '../../profiles/site-secrets.ts';
import { loadDerivedSite } from '../load-derived-site.ts';
import { addEnvironmentOption, addSiteOption, addStateOption, stateRoot } from '../site-options.ts';
import type { EnvironmentOptions, StateOptions } from '../site-options.ts';
import type { Command } from 'commander';

export interface SecretOptions extends EnvironmentOptions, StateOptions {}

export interface OpenedSecrets {
  readonly site: string;
  readonly secrets: SiteSecrets;
  /** What runs and wants secrets. */
  readonly services: readonly ServicePlan[];
}

/** Every command on secrets can be told its site, its environment and its state folder. */
export function addSecretOptions(command: Command): Command {
  return addStateOption(addEnvironmentOption(addSiteOption(command)));
}

/** The secrets of a site, up or not. */
export async function openSecrets(options: SecretOptions): Promise<OpenedSecrets> {
  const { directory, derived } = await loadDerivedSite(options);
  const folder = stateFolder(stateRoot({ ...options, site: directory }));
  const { site, services } = derived.releasePlan;
  return { site, services, secrets: openSiteSecrets({ site, siteDirectory: directory, folder }) };
}
