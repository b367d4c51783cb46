import type { InstanceExit } from '../../ports/driver/port.ts';
import type { Draft } from './draft.ts';
import type { Instance, ServiceEvent } from './service-state.ts';

type InstanceEvent = Extract<ServiceEvent, { readonly id: string }>;

/** Healthy for that long, an instance has proved that its version starts. */
export const stableMs = 5_000;

/**
 * What an event does to the one instance it is about; events of instances already gone mean
 * nothing.
 */
export function changeInstance(draft: Draft, event: InstanceEvent): void {
  const instance = draft.find(event.id);
  if (instance === null) return;
  switch (event.kind) {
    case 'started':
      return started(draft, instance, event.address, event.pid);
    case 'start-failed':
      return startFailed(draft, instance, event.reason);
    case 'checked':
      return checked(draft, instance, event.problem);
    case 'exited':
      return exited(draft, instance, event.exit, event.lastLines);
    case 'replace':
      if (instance.retiring) return;
      draft.vacate(instance, draft.failure(event.why));
      draft.retire(instance);
      draft.record('instance.replaced', instance.id, { why: event.why });
  }
}

function started(draft: Draft, instance: Instance, address: string, pid: number | null): void {
  // It may have been told to drain while it was launched; then it only learns its address.
  const state =
    instance.state.kind === 'launching'
      ? ({ kind: 'starting', lastProblem: null } as const)
      : instance.state;
  draft.change(instance.id, state, { process: { address, pid } });
  draft.record('instance.started', instance.id, {
    data: { release: instance.release, address, pid },
  });
}

function startFailed(draft: Draft, instance: Instance, reason: string): void {
  draft.remove(instance.id);
  fail(draft, instance, reason, []);
}

function checked(draft: Draft, instance: Instance, problem: string | null): void {
  const { nowMs } = draft.context;
  const { state } = instance;
  const limit = draft.versionOf(instance)?.plan.health.failures ?? 1;
  if (state.kind === 'starting') {
    if (problem !== null)
      return draft.change(instance.id, { kind: 'starting', lastProblem: problem });
    draft.change(instance.id, { kind: 'healthy', sinceMs: nowMs, failures: 0 });
    draft.record('instance.healthy', instance.id, {
      data: { afterMs: Math.round(nowMs - instance.bornMs) },
    });
  } else if (state.kind === 'healthy') {
    if (problem === null) {
      if (state.failures > 0) draft.change(instance.id, { ...state, failures: 0 });
    } else if (state.failures + 1 < limit) {
      draft.change(instance.id, { ...state, failures: state.failures + 1 });
    } else {
      draft.change(instance.id, { kind: 'sick', sinceMs: nowMs, reason: problem });
      draft.record('instance.sick', instance.id, { why: problem });
    }
  } else if (state.kind === 'sick' && problem === null) {
    draft.change(instance.id, { kind: 'healthy', sinceMs: nowMs, failures: 0 });
    draft.record('instance.recovered', instance.id);
  }
}

function exited(
  draft: Draft,
  instance: Instance,
  exit: InstanceExit,
  lastLines: readonly string[],
): void {
  draft.remove(instance.id);
  if (instance.state.kind === 'stopping') {
    draft.record('instance.stopped', instance.id, { data: { ...exit } });
    return;
  }
  const reason = describeExit(exit);
  draft.record('instance.died', instance.id, { why: reason, data: { ...exit, lastLines } });
  if (instance.state.kind !== 'draining' && !instance.retiring)
    fail(draft, instance, reason, lastLines);
}

/**
 * Leaves a place for a replacement. One that had been stable does not count against its version.
 */
export function fail(
  draft: Draft,
  instance: Instance,
  reason: string,
  lastLines: readonly string[],
): void {
  const failure = draft.failure(reason, lastLines);
  draft.vacate(instance, failure);
  const { state } = instance;
  const steady =
    (state.kind === 'healthy' && draft.context.nowMs - state.sinceMs >= stableMs) ||
    state.kind === 'sick';
  if (steady) return;
  draft.countFailure(instance.generation, instance.bornMs, failure);
  if (draft.isTarget(instance.generation)) draft.haltIfHopeless(failure);
}

/** In words; an adopted process tells nothing. */
export function describeExit({ code, signal }: InstanceExit): string {
  if (signal !== null) return `ended by ${signal}`;
  return code === null ? 'ended, unseen how' : `ended with exit code ${code}`;
}
