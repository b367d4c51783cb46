import { CERTIFICATES_PREFIX, FRONTENDS_PREFIX } from '../../contract/keys.ts';
import type { FrontendPointer, WorkerCertificates } from '../../contract/keys.ts';
import { siteHealthInFull, type SiteHealthInFull } from '../../contract/site-health.ts';
import { listenerUrl } from '../../contract/site-settings.ts';
import type {
  FrontendStatus,
  NeedStatus,
  ProcessStatus,
  ResourceStatus,
  ServiceStatus,
  SiteStatus,
  StatusNote,
} from '../../contract/status.ts';
import type { Derived } from '../../derive/all.ts';
import type { ServicePolicy } from '../../derive/policies/policies.ts';
import { version } from '../../lib/version.ts';
import { circuitNotes } from '../circuits/circuit-notes.ts';
import { readCircuits } from '../circuits/site-circuits.ts';
import { livingProcesses } from '../keeper/process-records.ts';
import { loadStatuses, shedReports, sheddingNotes } from '../shedding/shed-reports.ts';
import type { Supervisor } from '../supervisor/supervisor.ts';
import { certificateNotes } from './certificate-notes.ts';
import { describeFeatures, needsByAnswers } from './describe-features.ts';
import { readHealthReports } from './read-health-reports.ts';
import { rungsInForce } from './rungs-in-force.ts';
import type { SiteParts, SiteResources } from './site-parts.ts';

const gravity = { alert: 0, warning: 1, note: 2 } as const;

/** Who knows how things stand: the controller's own parts, or what can be read while it is dead. */
export interface StatusSources extends Pick<SiteParts, 'settings' | 'state' | 'clock'> {
  readonly supervisor: Pick<Supervisor, 'status' | 'statuses' | 'notes'>;
  readonly resources: Pick<SiteResources, 'statuses' | 'notes'>;
}

/** Puts together how the site stands from what each part knows of itself. */
export async function describeSite(
  parts: StatusSources,
  derived: Derived | null,
  ownNotes: readonly StatusNote[],
): Promise<SiteStatus> {
  const { settings, supervisor, clock } = parts;
  const processes = await describeProcesses(parts);
  const resources = parts.resources.statuses();
  const health = siteHealthInFull(await readHealthReports(parts), 'site', clock.nowMs());
  const services = describeServices(parts, derived, resources, { notes: ownNotes, health });
  const reports = await shedReports(parts.state, new Set(processes.map(({ id }) => id)));
  const notes = [
    ...ownNotes,
    ...supervisor.notes(),
    ...parts.resources.notes(),
    ...processNotes(parts, processes),
    ...(await tlsNotes(parts, processes)),
    ...circuitNotes(await readCircuits(parts.state)),
    ...sheddingNotes(reports),
  ];
  const listening = processes.some(({ kind, state }) => kind === 'worker' && state === 'running');
  return {
    site: settings.site,
    environment: derived?.catalog.environment ?? settings.environment ?? '',
    turnout: version,
    model: derived?.model ?? '',
    asOf: new Date(clock.nowMs()).toISOString(),
    addresses: {
      site: listening ? listenerUrl(settings.http) : null,
      https: listening && settings.https !== null ? listenerUrl(settings.https, 'https') : null,
      internal: listening && settings.internal !== null ? listenerUrl(settings.internal) : null,
      console: listenerUrl(settings.console),
    },
    processes,
    services,
    features: describeFeatures(derived, {
      services,
      health,
      rungs: await rungsInForce(parts.state, processes),
    }),
    load: loadStatuses(reports),
    frontends: await describeFrontends(parts, derived),
    resources,
    notes: notes.sort((a, b) => gravity[a.severity] - gravity[b.severity]),
  };
}

async function tlsNotes(
  { settings, state, clock }: StatusSources,
  processes: readonly ProcessStatus[],
): Promise<readonly StatusNote[]> {
  if (settings.https === null) return [];
  const running = new Set(processes.map(({ id }) => id));
  const told = (await state.list(CERTIFICATES_PREFIX)).map(
    ({ value }) => value as WorkerCertificates,
  );
  const workers = told.filter(({ worker }) => running.has(worker));
  return certificateNotes(workers, clock.nowMs());
}

async function describeProcesses(parts: StatusSources): Promise<readonly ProcessStatus[]> {
  const records = await livingProcesses(parts.state);
  return records
    .map(({ kind, id, pid, state, startedAtMs, restarts }) => {
      const uptimeMs = Math.max(0, parts.clock.nowMs() - startedAtMs);
      return { kind, id, pid, state, uptimeMs, restarts };
    })
    .sort((a, b) => a.kind.localeCompare(b.kind) || a.id.localeCompare(b.id));
}

function describeServices(
  { supervisor }: StatusSources,
  derived: Derived | null,
  resources: readonly ResourceStatus[],
  { notes, health }: { readonly notes: readonly StatusNote[]; readonly health: SiteHealthInFull },
): readonly ServiceStatus[] {
  if (derived === null) return supervisor.statuses();
  return derived.policies.services.map((policy) => {
    const { service } = policy;
    const needs = describeNeeds(policy, resources);
    if (policy.origins !== null) {
      const said = needsByAnswers(service, needs.map(unheard), health);
      return frontedService(service, policy.origins, withReports(needs, said));
    }
    const running = supervisor.status(service);
    if (running !== null) {
      const said = needsByAnswers(service, running.needs, health);
      return { ...running, needs: withReports(needs, said) };
    }
    const plan = derived.releasePlan.services.find((candidate) => candidate.service === service);
    const failed = notes.some((note) => note.about === service);
    const desired = plan?.instances.min ?? 0;
    return { ...notRunning(service, needs), state: failed ? 'down' : 'starting', desired };
  });
}

function notRunning(service: string, needs: readonly NeedStatus[]): ServiceStatus {
  return {
    service,
    kind: 'run',
    state: 'starting',
    release: null,
    desired: 0,
    healthy: 0,
    instances: [],
    origins: [],
    needs,
  };
}

/**
 * Nobody checks a service that Turnout does not run: it counts as up until a request says
 * otherwise.
 */
function frontedService(
  service: string,
  origins: readonly string[],
  needs: readonly NeedStatus[],
): ServiceStatus {
  return {
    ...notRunning(service, needs),
    kind: 'at',
    state: 'up',
    origins: origins.map(withoutCredentials),
  };
}

function describeNeeds(
  policy: ServicePolicy,
  resources: readonly ResourceStatus[],
): readonly NeedStatus[] {
  return policy.needs.map(({ need, kind, target }) => {
    const resource =
      kind === 'postgres' ? resources.find(({ name }) => name === target) : undefined;
    const state =
      resource?.state === 'up' || resource?.state === 'down' ? resource.state : 'unknown';
    return { need, kind, target: kind === 'http' ? withoutCredentials(target) : target, state };
  });
}

/** A service knows best whether it reaches its needs; what it does not report others may know. */
function withReports(
  needs: readonly NeedStatus[],
  reported: readonly NeedStatus[],
): readonly NeedStatus[] {
  const others = new Map(needs.map((need) => [need.need, need.state]));
  return reported.map((need) =>
    need.state === 'unknown'
      ? Object.assign({}, need, { state: others.get(need.need) ?? need.state })
      : need,
  );
}

/** Nobody asks a service that Turnout does not run how its needs are. */
function unheard({ need, kind, target }: NeedStatus): NeedStatus {
  return { need, kind, target, state: 'unknown' };
}

function withoutCredentials(text: string): string {
  const url = new URL(text);
  if (url.username === '' && url.password === '') return text;
  url.username = '';
  url.password = '';
  return url.href;
}

async function describeFrontends(
  { state }: StatusSources,
  derived: Derived | null,
): Promise<readonly FrontendStatus[]> {
  const entries = await state.list(FRONTENDS_PREFIX);
  const pointers = new Map(
    entries.map(({ value }) => {
      const pointer = value as FrontendPointer;
      return [pointer.frontend, pointer];
    }),
  );
  return (derived?.routes.frontends ?? []).map(({ frontend, prefix }) => ({
    frontend,
    prefix,
    release: pointers.get(frontend)?.release ?? null,
    pinned: pointers.get(frontend)?.pinned ?? null,
  }));
}

function processNotes(
  { settings, clock }: StatusSources,
  processes: readonly ProcessStatus[],
): readonly StatusNote[] {
  const since = new Date(clock.nowMs()).toISOString();
  const notes: StatusNote[] = [];
  if (!processes.some(({ kind }) => kind === 'keeper')) {
    notes.push({
      severity: 'warning',
      code: 'keeper-dead',
      about: 'keeper',
      message: 'The keeper is dead: workers and controller run on, and nobody starts them again.',
      remedy: 'Run `turnout up` again: it adopts what runs.',
      since,
    });
  }
  const workers = processes.filter(({ kind, state }) => kind === 'worker' && state === 'running');
  if (workers.length < settings.workers) {
    notes.push({
      severity: workers.length === 0 ? 'alert' : 'warning',
      code: 'workers-missing',
      about: null,
      message: `${workers.length} of ${settings.workers} workers serve.`,
      remedy: 'The keeper starts them again; `turnout logs --process all` says why they died.',
      since,
    });
  }
  return notes;
}
