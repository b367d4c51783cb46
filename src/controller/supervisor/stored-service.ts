import { emptyService } from './service-state.ts';
import { readInstanceName } from './version.ts';
import type { Endpoints } from '../../contract/keys.ts';
import type { JsonValue } from '../../lib/json.ts';
import type { RunningInstance } from '../../ports/driver/port.ts';
import type {
  Instance,
  InstanceState,
  Rollout,
  ServiceState,
  StepContext,
} from './service-state.ts';
import type { Version } from './version.ts';

/**
 * Under this the supervisor keeps what it wants of each service, for the one that comes after it.
 */
export const SUPERVISOR_PREFIX = 'supervisor/';

/**
 * What outlives a supervisor; which instances there are the driver knows. Needs and secrets are not
 * in it.
 */
interface StoredService {
  readonly target: Version | null;
  readonly serving: Version | null;
  readonly rollout: Rollout;
}

export function storedService({ target, serving, rollout }: ServiceState): JsonValue {
  const stored: StoredService = { target, serving, rollout };
  return JSON.parse(JSON.stringify(stored)) as JsonValue;
}

/**
 * The state of a service as an earlier supervisor left it and the driver finds it. What was in
 * rotation stays there until a health check says otherwise; what was draining goes on draining; a
 * rollout goes on where it stood.
 */
export function adoptService(
  service: string,
  stored: JsonValue | null,
  running: readonly RunningInstance[],
  endpoints: Endpoints | null,
  context: StepContext,
): ServiceState {
  const empty = emptyService(service);
  const kept = stored === null ? empty : (stored as unknown as StoredService);
  const served = new Map(endpoints?.instances.map(({ id, state }) => [id, state]));
  const instances = running
    .filter(({ id }) => readInstanceName(service, id)?.role !== 'before')
    .map((instance) => adoptInstance(instance, service, served.get(instance.id) ?? null, context));
  const { target, serving, rollout } = kept;
  return {
    ...empty,
    target,
    serving,
    rollout: rollout.kind === 'preparing' ? { kind: 'preparing', running: false } : rollout,
    instances,
  };
}

function adoptInstance(
  running: RunningInstance,
  service: string,
  inRotation: 'ready' | 'draining' | null,
  { nowMs, epochMs }: StepContext,
): Instance {
  const state: InstanceState =
    inRotation === 'ready'
      ? { kind: 'healthy', sinceMs: nowMs, failures: 0 }
      : inRotation === 'draining'
        ? { kind: 'draining', sinceMs: nowMs }
        : { kind: 'starting', lastProblem: null };
  return {
    id: running.id,
    // A name that is not ours is of no generation that anybody wants.
    generation: readInstanceName(service, running.id)?.generation ?? '',
    release: running.release,
    bornMs: nowMs - Math.max(0, epochMs - running.startedAtMs),
    bornEpochMs: running.startedAtMs,
    restarts: 0,
    lastFailure: null,
    process: { address: running.address, pid: running.pid },
    retiring: false,
    state,
  };
}
