import { fail, stableMs } from './instance-transitions.ts';
import type { Draft } from './draft.ts';
import type { Instance } from './service-state.ts';
import type { Version } from './version.ts';

/**
 * How long workers have to learn that an instance takes no new requests before it is asked to stop:
 * several times the 100 ms in which a change reaches them.
 */
export const settleMs = 500;

/** Requests of an instance whose plan nobody remembers have that long to finish. */
const unknownDrainMs = 10_000;

/**
 * Brings what is nearer to what shall be, by whatever may be done at this moment. Asked again, it
 * does nothing more.
 */
export function reconcile(draft: Draft): void {
  prepareTarget(draft);
  giveUpSlowStarts(draft);
  replaceSick(draft);
  forgiveStable(draft);
  completeRollout(draft);
  for (const version of wantedVersions(draft)) scale(draft, version);
  drainRetired(draft);
  drainUnwanted(draft);
  stopDrained(draft);
}

function prepareTarget(draft: Draft): void {
  const { target, rollout } = draft;
  if (target === null || rollout.kind !== 'preparing' || rollout.running) return;
  if (mayStart(draft, target)) draft.prepare(target);
}

/** Never healthy within its time: counts as a failed start. */
function giveUpSlowStarts(draft: Draft): void {
  for (const instance of draft.instances) {
    const { state } = instance;
    const startMs = draft.versionOf(instance)?.plan.health.startMs;
    if (state.kind !== 'starting' || startMs === undefined) continue;
    if (draft.context.nowMs - instance.bornMs < startMs) continue;
    const reason = `not healthy within ${startMs} ms: ${state.lastProblem ?? 'no answer yet'}`;
    draft.record('instance.given-up', instance.id, { why: reason });
    fail(draft, instance, reason, []);
    draft.drain(instance);
  }
}

/**
 * Replaces sick instances, unless more than half fail together: then the cause is most likely
 * something they share, replacing would only take away what still answers, and a person is told.
 * They stay in rotation meanwhile. Dead ones are always replaced, with back-off, for a dead
 * instance answers nothing.
 */
function replaceSick(draft: Draft): void {
  const running = draft.instances.filter(
    ({ state, retiring }) => (state.kind === 'healthy' || state.kind === 'sick') && !retiring,
  );
  const sick = running.filter(({ state }) => state.kind === 'sick');
  const failing = running.filter(isFailing);
  const together = sick.length > 0 && failing.length >= 2 && failing.length * 2 > running.length;
  const stopped = draft.replacementStoppedEpochMs !== null;
  if (together && !stopped) {
    draft.replacementStoppedEpochMs = draft.context.epochMs;
    draft.record('replacement.stopped', draft.service, {
      why: `${failing.length} of ${running.length} instances fail together`,
    });
  } else if (!together && stopped) {
    draft.replacementStoppedEpochMs = null;
    draft.record('replacement.resumed', draft.service);
  }
  if (together) return;
  for (const instance of sick) {
    const reason = instance.state.kind === 'sick' ? instance.state.reason : '';
    fail(draft, instance, reason, []);
    draft.record('instance.replaced', instance.id, { why: reason });
    draft.retire(instance);
  }
}

/** One failed check suffices here: the others are only at another point of their rhythm. */
function isFailing({ state }: Instance): boolean {
  return state.kind === 'sick' || (state.kind === 'healthy' && state.failures > 0);
}

/** A version that has started well since its last failure starts afresh in our books. */
function forgiveStable(draft: Draft): void {
  for (const { state, generation, bornMs } of draft.instances) {
    const attempts = draft.attempts(generation);
    if (attempts === null || state.kind !== 'healthy' || bornMs < attempts.lastFailureMs) continue;
    if (draft.context.nowMs - state.sinceMs >= stableMs) draft.forgetAttempts(generation);
  }
}

function completeRollout(draft: Draft): void {
  const { target, rollout } = draft;
  if (target === null || rollout.kind !== 'starting') return;
  const healthy = draft.instances.filter(
    ({ generation, state }) => generation === target.generation && state.kind === 'healthy',
  );
  if (healthy.length < target.plan.instances.min) return;
  draft.record('release.serving', draft.service, { data: draft.releaseData() });
  draft.serving = target;
  draft.rollout = { kind: 'done' };
}

/** What shall have instances now: what serves, and beside it the target once it is prepared. */
function wantedVersions(draft: Draft): readonly Version[] {
  const { target, serving, rollout } = draft;
  if (target === null) return [];
  return [...(serving === null ? [] : [serving]), ...(rollout.kind === 'starting' ? [target] : [])];
}

function scale(draft: Draft, version: Version): void {
  const wanted = version.plan.instances.min;
  const own = draft.instances.filter(
    ({ generation, state, retiring }) =>
      generation === version.generation &&
      !retiring &&
      state.kind !== 'draining' &&
      state.kind !== 'stopping',
  );
  for (let n = own.length; n < wanted && mayStart(draft, version); n += 1) draft.start(version);
  for (const instance of own.slice(wanted)) draft.drain(instance);
}

function mayStart(draft: Draft, version: Version): boolean {
  return draft.context.nowMs >= (draft.attempts(version.generation)?.notBeforeMs ?? 0);
}

/**
 * A sick one goes as soon as anyone else is healthy, a well one when as many others are as shall
 * be.
 */
function drainRetired(draft: Draft): void {
  const healthy = draft.instances.filter(
    ({ state, retiring }) => state.kind === 'healthy' && !retiring,
  );
  for (const instance of draft.instances) {
    if (!instance.retiring) continue;
    const wanted = draft.versionOf(instance)?.plan.instances.min ?? 0;
    const others = instance.state.kind === 'healthy' ? wanted : 1;
    if (healthy.length >= others) draft.drain(instance);
  }
}

function drainUnwanted(draft: Draft): void {
  const wanted = new Set(wantedVersions(draft).map(({ generation }) => generation));
  for (const instance of draft.instances) {
    if (!wanted.has(instance.generation)) draft.drain(instance);
  }
}

function stopDrained(draft: Draft): void {
  for (const instance of draft.instances) {
    const { state } = instance;
    // Without a process there is nothing to stop yet; the driver's answer comes first.
    if (state.kind !== 'draining' || instance.process === null) continue;
    if (draft.context.nowMs - state.sinceMs < settleMs) continue;
    const version = draft.versionOf(instance) ?? draft.target ?? draft.serving;
    draft.stop(instance, version?.plan.drainMs ?? unknownDrainMs);
  }
}
