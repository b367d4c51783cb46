import { join } from 'node:path';
import { takeOwnerLock } from '../adapters/sqlite/owner-lock.ts';
import type { OwnerLock } from '../adapters/sqlite/owner-lock.ts';
import { createConsolePages } from '../console/console-pages.ts';
import type { LinksStatus } from '../contract/links.ts';
import type { KeeperRecord } from '../contract/site-settings.ts';
import { startApi } from '../controller/api/start-api.ts';
import type { RenderPage, SiteControl } from '../controller/api/site-control.ts';
import { SiteCircuits } from '../controller/circuits/site-circuits.ts';
import { createSiteLinks } from '../controller/site/site-links.ts';
import { livingProcesses } from '../controller/keeper/process-records.ts';
import { createJobs } from '../controller/jobs/jobs.ts';
import { Purges } from '../controller/site/purges.ts';
import { readHealthReports } from '../controller/site/read-health-reports.ts';
import { createSiteController } from '../controller/site/site-controller.ts';
import type { SiteController } from '../controller/site/site-controller.ts';
import { journalShedding } from '../controller/shedding/journal-shedding.ts';
import { shedReports } from '../controller/shedding/shed-reports.ts';
import { SiteTables } from '../controller/tables/site-tables.ts';
import type { SupervisorOptions } from '../controller/supervisor/supervisor-options.ts';
import { createSupervisor } from '../controller/supervisor/supervisor.ts';
import { SiteWrites } from '../controller/writes/site-writes.ts';
import type { ReleasePlan } from '../derive/release-plan/release-plan.ts';
import { TurnoutError } from '../lib/errors.ts';
import { readJsonFile } from '../lib/json-file.ts';
import { signalProcess } from '../lib/process-identity.ts';
import { buildRelease } from '../release/build-release.ts';
import { publishFrontend } from '../release/frontends/publish-frontend.ts';
import { collectReleases } from '../release/store-release.ts';
import { FlagsByHand } from '../flags/flags-by-hand.ts';
import { SiteFlags } from '../flags/site-flags.ts';
import { keepBlobsBounded } from './collect-blobs.ts';
import { openDriver, openSitePorts } from './embedded.ts';
import { keepBlobsRepaired } from './keep-blobs-repaired.ts';
import { keepJournalBounded } from './keep-journal-bounded.ts';
import { keepLinksCurrent } from './keep-links-current.ts';
import { keepLogsBounded } from './keep-logs-bounded.ts';
import { createNeedResolver } from './resolve-need.ts';
import { onStopSignal, readProcessStart, registerSelf } from './process-start.ts';
import { ruleReports } from './read-rule-reports.ts';
import { flagsTerms, FLAGS_YAML, readFlags } from './read-flags.ts';
import { readRunbook } from './read-runbook.ts';
import { readSite } from './read-site.ts';
import { createSiteResources } from './site-resources.ts';
import { openSiteSecrets } from './site-secrets.ts';
import { lastPublished, publishDerived, writeFlags } from './site-storage.ts';
import { throughLinks } from './through-links.ts';
import { watchSecrets } from './watch-secrets.ts';
import { isBuildOutput, watchSources } from './watch-sources.ts';
import { siteWrites } from './worker-queue.ts';
import { readWriteKeys, rotateWriteKeys } from './write-keys.ts';

/** How long the controller before this one may take to go. */
const lockWithinMs = 15_000;
/** Older releases of a service that stay for a rollback. */
const keptReleases = 5;

const start = readProcessStart();
const { folder, settings, log } = start;
const { siteDirectory } = settings;
const ports = await openSitePorts(folder);
const { clock, state, journal, blobs } = ports;
const record = await registerSelf('controller', start, state);

const lock = await waitForLock();

const purges = new Purges(ports);
const resources = createSiteResources(folder, ports, log, () =>
  converge('a database has another primary'),
);
const secrets = openSiteSecrets({ ...settings, folder });
const driver = openDriver(folder);
const resolveNeed = createNeedResolver(settings, resources);
const readLinksStatus = (): LinksStatus | null =>
  readJsonFile(folder.linksStatus) as LinksStatus | null;
const links = createSiteLinks({ ...ports, readStatus: readLinksStatus });
// What runs is looked after before it is known what the site shall be: then the links stay as they
// are.
let plan = (): ReleasePlan | null => null;
const supervision: SupervisorOptions = {
  ...ports,
  site: settings.site,
  driver,
  secrets: secrets.inOrder,
  resolveNeed: throughLinks(resolveNeed, links, async () => plan()?.links ?? links.isOn()),
  flagsFile: folder.flagsFile,
  logsFolder: folder.instanceLogs,
  log,
};
const supervisor = await createSupervisor(supervision);
const jobs = await createJobs({
  ...supervision,
  serving: (service) => supervisor.serving(service),
});
const flags = new SiteFlags({
  ...ports,
  log,
  file: join(siteDirectory, FLAGS_YAML),
  read: readFlags,
  tell: (document) => writeFlags(folder.flagsFile, document),
});
const blobRepair = keepBlobsRepaired(ports, log);
const site = createSiteController({
  ...ports,
  settings,
  log,
  supervisor,
  resources,
  jobs,
  blobNotes: () => blobRepair.notes(),
  flagNotes: () => flags.notes(),
  readSite: () => readSite(settings),
  publish: async (derived) => {
    const result = await publishDerived(ports, siteDirectory, derived);
    await flags.use(flagsTerms(result.published, true));
    return result;
  },
  lastPublished: async () => {
    const last = await lastPublished(ports);
    if (last !== null) await flags.use(flagsTerms(last, false));
    return last;
  },
  buildRelease: (plan, progress) =>
    buildRelease({ plan, siteDirectory, releasesFolder: folder.releases, progress }),
  publishFrontend: (plan, progress) =>
    publishFrontend({
      name: plan.frontend,
      directory: join(siteDirectory, plan.directory),
      place: plan,
      blobs,
      state,
      journal,
      clock,
      progress,
    }),
  collectReleases: async (service, running) => {
    const inUse = new Set([...running, ...jobs.releasesInUse(service)]);
    await collectReleases({ releasesFolder: folder.releases, service, keep: keptReleases, inUse });
  },
});

plan = () => site.inForce()?.releasePlan ?? null;

const flagsByHand = new FlagsByHand(ports, () => site.inForce()?.policies.features ?? []);
const tables = new SiteTables({
  ...ports,
  log,
  edge: () => site.inForce()?.edge ?? null,
  trustedHops: () => site.inForce()?.routes.trustedHops ?? [],
});

const circuits = new SiteCircuits({
  ...ports,
  log,
  policies: () => site.inForce()?.policies ?? null,
});

const writes = siteWrites(folder);
const control: SiteControl = {
  journal,
  tables,
  circuits,
  writes: new SiteWrites({
    writes,
    keys: () => readWriteKeys(folder.writeKeys),
    rotate: () => rotateWriteKeys(folder.writeKeys, ports.randomness),
    journal,
  }),
  flags: flagsByHand,
  status: () => site.status(),
  health: () => readHealthReports(ports),
  replaceInstance: (id, who) => supervisor.replace(id, `asked for by ${who}`),
  reload: (who) => site.converge(who),
  promote: (name, request) => resources.promote(name, request),
  reseed: (name, member, who) => resources.reseed(name, member, who),
  rules: () => ruleReports(ports.state),
  jobs: () => jobs.statuses(),
  jobHistory: (name) => jobs.history(name),
  runJob: (name, who) => jobs.run(name, who),
  purge: (request) => purges.purge(request),
  down: async () => {
    const keeper = readJsonFile(folder.keeperRecord) as KeeperRecord | null;
    if (keeper !== null && signalProcess(keeper, 'SIGTERM')) return;
    throw new TurnoutError(
      'keeper-not-running',
      'There is no keeper that could take the site down.',
      'Run `turnout down`: it needs none.',
    );
  },
};
const api = await startApi({
  control,
  renderPage: consolePages(site),
  log,
  clock,
  listen: settings.console,
  socketFile: folder.controllerSocket,
  tokenFile: folder.token,
});
const tidying = [
  keepLogsBounded(folder, clock),
  keepBlobsBounded(ports, log),
  blobRepair,
  keepJournalBounded(journal, clock, log),
  journalShedding({
    journal,
    clock,
    log,
    reports: async () =>
      shedReports(state, new Set((await livingProcesses(state)).map(({ id }) => id))),
  }),
  keepLinksCurrent({
    links,
    readStatus: readLinksStatus,
    driver,
    clock,
    log,
    plan: () => plan(),
    resolve: resolveNeed,
    tellServices: () => converge('links'),
  }),
];
await record.update('running');
log.info('controlling', { console: api.port });

const converge = (why: string): void => {
  site.converge(why).catch((error: unknown) => {
    const reason = error instanceof TurnoutError ? error.message : String(error);
    // Whoever watches sees this line at once; at the start `up` says it, with the remedy.
    if (why === 'watch') log.progress(`the site stays as it is: ${reason}`);
    else log.warn('the site stays as it is', { reason });
  });
};
converge('controller');
const secretsWatch = watchSecrets([secrets.path, folder.generatedSecrets], log, () => {
  supervisor.applyAgain().catch((error: unknown) => {
    log.warn('changed secrets not rolled in', { reason: String(error) });
  });
});
const isOutput = (path: string): boolean => {
  // The flags have a shorter way of their own.
  if (path === FLAGS_YAML) return true;
  const inForce = plan();
  return inForce !== null && isBuildOutput(inForce, path);
};
const watching = settings.watch
  ? watchSources(siteDirectory, log, isOutput, () => converge('watch'))
  : null;

onStopSignal(log, async () => {
  await record.update('stopping');
  watching?.close();
  secretsWatch.close();
  for (const timer of tidying) timer.cancel();
  await api.close();
  circuits.close();
  await tables.close();
  await writes.close();
  await site.close();
  await flags.close();
  await jobs.close();
  await supervisor.close();
  await resources.close();
  await record.remove();
  lock.release();
});

async function waitForLock(): Promise<OwnerLock> {
  const deadlineMs = clock.monotonicMs() + lockWithinMs;
  for (;;) {
    const lock = takeOwnerLock(folder.controllerLock);
    if (lock !== null) return lock;
    if (clock.monotonicMs() > deadlineMs) throw new Error('another controller holds the lock');
    await clock.sleep(20);
  }
}

/** The console's pages, once there is something to show. */
function consolePages(controller: SiteController): RenderPage {
  const pages = createConsolePages({
    catalog: () => {
      const derived = controller.inForce();
      if (derived !== null) return derived.catalog;
      throw new TurnoutError('starting', 'The site is only starting.', 'Try again in a moment.');
    },
    status: () => controller.status(),
    jobs: () => jobs.statuses(),
    flags: () => flagsByHand.list(),
    runbook: (path) => readRunbook(siteDirectory, path),
  });
  return async ({ path }) => {
    const page = await pages(path);
    if (page === null) return null;
    const { status, contentType, headers, body } = page;
    return { status, headers: { ...headers, 'content-type': contentType }, body };
  };
}
