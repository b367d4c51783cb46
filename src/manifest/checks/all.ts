import { checkBlobs } from './blobs.ts';
import type { Check } from './check.ts';
import { checkEdge } from './edge.ts';
import { checkFeatures } from './features.ts';
import { checkFiles } from './files.ts';
import { checkFlags } from './flags.ts';
import { checkFrontends } from './frontends.ts';
import { checkJobs } from './jobs.ts';
import { checkLadders } from './ladders.ts';
import { checkListeners } from './listeners.ts';
import { checkNeedCycles } from './need-cycles.ts';
import { checkNeeds } from './needs.ts';
import { checkProxies } from './proxies.ts';
import { checkResources } from './resources.ts';
import { checkRoutes } from './routes.ts';
import { checkServices } from './services.ts';

/** Every cross-check, in the order they are made. */
export const checks: readonly Check[] = [
  checkServices,
  checkJobs,
  checkResources,
  checkNeeds,
  checkProxies,
  checkNeedCycles,
  checkFeatures,
  checkRoutes,
  checkFrontends,
  checkLadders,
  checkFiles,
  checkListeners,
  checkBlobs,
  checkEdge,
  checkFlags,
];
