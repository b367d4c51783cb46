import type { ServiceHealth } from '../../contract/service-health.ts';
import type {
  FailureStatus,
  InstanceStatus,
  NeedStatus,
  ServiceStatus,
  StatusNote,
} from '../../contract/status.ts';
import type { NeedPlan } from '../../derive/release-plan/release-plan.ts';
import { reportedNeeds } from './reported-needs.ts';
import type { Failure, Instance, ServiceState } from './service-state.ts';

/** How a service stands, for people; its needs as its own instances report them. */
export function describeService(
  state: ServiceState,
  epochMs: number,
  reportOf: (instance: string) => ServiceHealth | null,
): ServiceStatus {
  const { target, serving } = state;
  const desired = (target ?? serving)?.plan.instances.min ?? 0;
  const healthy = state.instances.filter(takesRequests).length;
  return {
    service: state.service,
    kind: 'run',
    state: standing(state, healthy, desired),
    release: target?.release.digest ?? null,
    desired,
    healthy,
    // By name, so that a controller that adopts them lists them as the one before it did.
    instances: state.instances
      .toSorted((a, b) => (a.id < b.id ? -1 : 1))
      .map((instance) => describeInstance(instance, epochMs))
      .filter((instance) => instance !== null),
    origins: [],
    needs: reportedNeeds(
      (target?.plan.needs ?? []).map(describeNeed),
      state.instances.filter(takesRequests).map(({ id }) => reportOf(id)),
    ),
  };
}

function standing(state: ServiceState, healthy: number, desired: number): ServiceStatus['state'] {
  if (state.serving === null) return 'starting';
  if (healthy === 0) return 'down';
  return healthy < desired ? 'degraded' : 'up';
}

function takesRequests({ state }: Instance): boolean {
  return state.kind === 'healthy';
}

function describeInstance(instance: Instance, epochMs: number): InstanceStatus | null {
  const { id, process, release, restarts, lastFailure, bornEpochMs } = instance;
  if (process === null || process.pid === null) return null;
  return {
    id,
    address: process.address,
    pid: process.pid,
    state: shownState[instance.state.kind],
    release,
    uptimeMs: Math.max(0, epochMs - bornEpochMs),
    restarts,
    lastFailure: lastFailure === null ? null : describeFailure(lastFailure),
  };
}

const shownState = {
  launching: 'starting',
  starting: 'starting',
  healthy: 'ready',
  sick: 'sick',
  draining: 'draining',
  stopping: 'draining',
} as const;

function describeFailure({ atEpochMs, reason, lastLines }: Failure): FailureStatus {
  return { at: iso(atEpochMs), reason, lastLines };
}

function describeNeed(need: NeedPlan): NeedStatus {
  return { need: need.need, kind: need.kind, target: targetOf(need), state: 'unknown' };
}

function targetOf(need: NeedPlan): string {
  switch (need.kind) {
    case 'postgres':
      return need.resource;
    case 'feature':
      return need.feature;
    case 'http': {
      const url = new URL(need.url);
      url.username = '';
      url.password = '';
      return url.href;
    }
  }
}

/** What an operator must know of it, gravest first. */
export function noteService(state: ServiceState): readonly StatusNote[] {
  const { service: about, rollout, replacementStoppedEpochMs } = state;
  const notes: StatusNote[] = [];
  if (replacementStoppedEpochMs !== null) {
    notes.push({
      severity: 'alert',
      code: 'replacement-stopped',
      about,
      message: `Replacement stopped: more than half of the instances of ${about} fail together.`,
      remedy: `Look for what they share, first in \`turnout logs ${about}\`. They stay in rotation; replacement resumes by itself.`,
      since: iso(replacementStoppedEpochMs),
    });
  }
  if (rollout.kind === 'halted') {
    notes.push({
      severity: 'alert',
      code: 'release-halted',
      about,
      message: `The new release of ${about} failed and was given up; the one before serves. ${inWords(rollout.failure)}`,
      remedy: `Mend it and release again; the rest is in \`turnout logs ${about}\`.`,
      since: iso(rollout.failure.atEpochMs),
    });
  }
  const current = rollout.kind === 'halted' ? state.serving : state.target;
  const attempts = current === null ? undefined : state.attempts[current.generation];
  if (attempts !== undefined && attempts.failures >= 2) {
    notes.push({
      severity: state.serving === null ? 'alert' : 'warning',
      code: 'crash-loop',
      about,
      message: `${about} failed to start ${attempts.failures} times in a row and is tried again with growing pauses. ${inWords(attempts.lastFailure)}`,
      remedy: `Mend what its last lines name; the rest is in \`turnout logs ${about}\`.`,
      since: iso(attempts.lastFailure.atEpochMs),
    });
  }
  return notes;
}

function inWords({ reason, lastLines }: Failure): string {
  const lines = lastLines.slice(-5);
  return lines.length === 0 ? `Last: ${reason}.` : `Last: ${reason}:\n  ${lines.join('\n  ')}`;
}

function iso(epochMs: number): string {
  return new Date(epochMs).toISOString();
}
