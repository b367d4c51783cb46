/** A supervisor in a process of its own, for tests that kill it. */
import { openSupervisedSite } from './supervised-site.ts';
import type { ReleaseToRun } from '../../src/controller/supervisor/version.ts';
import type { ServicePlan } from '../../src/derive/release-plan/release-plan.ts';

interface Setting {
  readonly root: string;
  readonly release: ReleaseToRun;
  readonly plans: readonly ServicePlan[];
}

const { root, release, plans } = JSON.parse(process.argv[3] ?? '{}') as Setting;
const { supervisor } = await openSupervisedSite(root);
for (const [index, plan] of plans.entries()) {
  await supervisor.apply(plan, release);
  process.send?.({ kind: 'applied', index });
  await supervisor.whenSettled(plan.service);
  process.send?.({ kind: 'settled', index });
}
