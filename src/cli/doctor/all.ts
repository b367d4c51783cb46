import type { Check } from './check.ts';
import { folderChecks } from './folder-checks.ts';
import { machineChecks } from './machine-checks.ts';
import { readMachineFacts } from './machine-facts.ts';
import { processChecks } from './process-checks.ts';
import { siteChecks } from './site-checks.ts';

/** Every check of `turnout doctor`, in the order they are shown. */
export const checks: readonly Check[] = [
  ...machineChecks.map(({ name, look }) => ({
    name,
    look: ({ root }: { readonly root: string }) => look(readMachineFacts(root)),
  })),
  ...siteChecks,
  ...folderChecks,
  ...processChecks,
];
