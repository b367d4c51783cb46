import { Draft } from './draft.ts';
import { changeInstance } from './instance-transitions.ts';
import { reconcile } from './reconcile.ts';
import type { Effect, ServiceEvent, ServiceState, StepContext } from './service-state.ts';

/**
 * The whole of supervision as a pure function: takes what happened to a service, and says how it
 * stands then and what must be done. Equal state, event and context give an equal answer.
 */
export function step(
  state: ServiceState,
  event: ServiceEvent,
  context: StepContext,
): { readonly state: ServiceState; readonly effects: readonly Effect[] } {
  const draft = new Draft(state, context);
  take(draft, event);
  reconcile(draft);
  return draft.finish();
}

function take(draft: Draft, event: ServiceEvent): void {
  switch (event.kind) {
    case 'tick':
      return;
    case 'apply':
      return applyVersion(draft, event.version);
    case 'remove':
      draft.target = null;
      draft.record('service.removed', draft.service);
      return;
    case 'prepare-lost':
      if (draft.isTarget(event.generation) && draft.rollout.kind === 'preparing') {
        draft.rollout = { kind: 'preparing', running: false };
      }
      return;
    case 'prepared':
      if (draft.isTarget(event.generation) && draft.rollout.kind === 'preparing') {
        draft.rollout = { kind: 'starting' };
        draft.record('release.prepared', draft.service, { data: draft.releaseData() });
      }
      return;
    case 'prepare-failed':
      if (draft.isTarget(event.generation) && draft.rollout.kind === 'preparing') {
        draft.rollout = { kind: 'preparing', running: false };
        draft.countFailure(event.generation, draft.context.nowMs, event.failure);
        draft.haltIfHopeless(event.failure, 1);
      }
      return;
    default:
      changeInstance(draft, event);
  }
}

function applyVersion(draft: Draft, version: NonNullable<ServiceState['target']>): void {
  const before = draft.target;
  draft.target = version;
  if (draft.serving?.generation === version.generation) {
    // The same instances, perhaps watched or scaled in another way, or back to what serves.
    draft.serving = version;
    draft.rollout = { kind: 'done' };
    return;
  }
  if (before?.generation === version.generation && draft.rollout.kind !== 'halted') return;
  draft.forgetAttempts(version.generation);
  // Also where only a need or a setting is another: what it prepares may be what has changed.
  draft.rollout =
    version.plan.before === null ? { kind: 'starting' } : { kind: 'preparing', running: false };
  draft.record('release.started', draft.service, { data: draft.releaseData() });
}
