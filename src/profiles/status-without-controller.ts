import { ENDPOINTS_PREFIX } from '../contract/keys.ts';
import type { Endpoints } from '../contract/keys.ts';
import { readSiteSettings } from '../contract/site-settings.ts';
import type { StateFolder } from '../contract/state-folder.ts';
import type { InstanceStatus, ServiceStatus, SiteStatus, StatusNote } from '../contract/status.ts';
import { isJobRun } from '../controller/jobs/job-run-name.ts';
import { describeSite } from '../controller/site/describe-site.ts';
import { TurnoutError } from '../lib/errors.ts';
import type { RunningInstance } from '../ports/driver/port.ts';
import { openDriver, openSitePorts } from './embedded.ts';
import { lastPublished } from './site-storage.ts';

/**
 * How the site stands as far as its state folder tells, for when the controller does not answer:
 * which processes and instances live, and who is in rotation. Nobody judges their health, and the
 * notes say so.
 */
export async function statusWithoutController(folder: StateFolder): Promise<SiteStatus> {
  const settings = readSiteSettings(folder.settings);
  if (settings === null) {
    throw new TurnoutError(
      'site-settings-missing',
      `${folder.settings} is missing, so nothing can be said about this site.`,
      'Run `turnout up`: it writes the file again.',
    );
  }
  const ports = await openSitePorts(folder);
  try {
    const instances = (await openDriver(folder).list()).filter(
      ({ alive, id, service }) => alive && !isJobRun(service, id),
    );
    const rotation = new Map(
      (await ports.state.list(ENDPOINTS_PREFIX)).flatMap(({ value }) =>
        (value as Endpoints).instances.map(({ id, state }) => [id, state] as const),
      ),
    );
    const services = [...new Set(instances.map(({ service }) => service))].map((service) =>
      describeService(
        service,
        instances.filter((instance) => instance.service === service),
        rotation,
      ),
    );
    const status = await describeSite(
      {
        settings,
        state: ports.state,
        clock: ports.clock,
        supervisor: {
          status: (name) =>
            services.find(({ service }) => service === name) ?? describeService(name, [], rotation),
          statuses: () => services,
          notes: () => [],
        },
        resources: { statuses: () => [], notes: () => [] },
      },
      await lastPublished(ports),
      [],
    );
    const up = status.processes.length > 0;
    return {
      ...status,
      addresses: { ...status.addresses, console: null },
      notes: up
        ? [controllerDead(ports.clock.nowMs()), ...status.notes]
        : [siteDown(ports.clock.nowMs())],
    };
  } finally {
    await Promise.all([ports.state.close(), ports.journal.close()]);
  }
}

function describeService(
  service: string,
  instances: readonly RunningInstance[],
  rotation: ReadonlyMap<string, 'ready' | 'draining'>,
): ServiceStatus {
  const described = instances.map((instance) => describeInstance(instance, rotation));
  const ready = described.filter(({ state }) => state === 'ready').length;
  return {
    service,
    kind: 'run',
    state: ready === 0 ? 'down' : 'up',
    release: instances[0]?.release ?? null,
    desired: ready,
    healthy: ready,
    instances: described,
    origins: [],
    needs: [],
  };
}

function describeInstance(
  { id, address, pid, release, startedAtMs }: RunningInstance,
  rotation: ReadonlyMap<string, 'ready' | 'draining'>,
): InstanceStatus {
  return {
    id,
    address,
    pid: pid ?? 0,
    state: rotation.get(id) ?? 'starting',
    release,
    uptimeMs: Math.max(0, Date.now() - startedAtMs),
    restarts: 0,
    lastFailure: null,
  };
}

function controllerDead(nowMs: number): StatusNote {
  return {
    severity: 'alert',
    code: 'controller-dead',
    about: 'controller',
    message:
      'The controller is dead: workers and instances serve on, and nothing that fails is replaced.',
    remedy: 'The keeper starts it again; `turnout logs --process controller` says why it died.',
    since: new Date(nowMs).toISOString(),
  };
}

function siteDown(nowMs: number): StatusNote {
  return {
    severity: 'note',
    code: 'site-down',
    about: null,
    message: 'The site is down.',
    remedy: 'Start it with `turnout up`.',
    since: new Date(nowMs).toISOString(),
  };
}
