import { canonicalJson } from '../../lib/canonical-json.ts';
import type { JsonValue } from '../../lib/json.ts';
import { nextMoment } from './job-schedule.ts';
import type { EndedRun, JobContext, JobEffect, JobEvent, JobRun, JobState } from './job-state.ts';

/** Runs of one job at a time where its overlap is allowed. */
export const mostAtOnce = 3;
/** Runs that are remembered. */
const keptRuns = 50;
const keptLines = 10;
const keptLineLength = 300;
/** A moment taken later than this was missed: a controller looks several times a second. */
const lateMs = 5_000;
/** A last moment further ahead than this was taken by a clock that was wrong. */
const farAheadMs = 24 * 60 * 60_000;

export interface SteppedJob {
  readonly state: JobState;
  readonly effects: readonly JobEffect[];
}

/** What a job becomes by an event, and what must be done then. Pure. */
export function stepJob(before: JobState, event: JobEvent, context: JobContext): SteppedJob {
  const state = countAnew(before, context);
  switch (event.kind) {
    case 'tick': {
      // One after the other: a stop is made even where nothing can be kept, and a start is not.
      const stopped = stopOverdue(state, context);
      return stopped.effects.length > 0 ? stopped : takeDue(state, context);
    }
    case 'asked':
      return canRun(state, context) === null
        ? begin(state, context, { momentMs: null, who: event.who, late: false })
        : { state, effects: [] };
    case 'started':
      return { state: withPhase(state, event.id, 'running'), effects: [] };
    case 'start-failed': {
      const exit = { code: null, signal: null };
      return end(state, event.id, context, exit, [event.reason], 'not-started');
    }
    case 'ended':
      return end(state, event.id, context, event.exit, event.lastLines, null);
  }
}

/** Why it cannot be started now by a person, in words; null when it can. */
export function canRun(state: JobState, { plan, release }: JobContext): string | null {
  if (release === null) return 'its service has no release that serves yet';
  if (plan === null) return 'the release that serves has no such job';
  if (plan.overlap === 'skip' && state.running.length > 0) return 'it runs already';
  if (state.running.length >= mostAtOnce) return `${mostAtOnce} of it run already`;
  return null;
}

/** The moment it is due next; null when never. It may have passed. */
export function dueMoment(state: JobState, { plan }: Pick<JobContext, 'plan'>): number | null {
  return plan === null ? null : nextMoment(plan.schedule, state.lastMomentMs ?? state.sinceMs);
}

/**
 * A schedule that was edited counts from now: no moment of it has been missed. So does an interval
 * whose clock was set back; moments by cron that have had their run are not run again, unless the
 * clock had run so far ahead that they would be waited for a day and more.
 */
function countAnew(state: JobState, { plan, nowMs }: JobContext): JobState {
  if (plan === null) return state;
  const { schedule } = plan;
  const lastMs = state.lastMomentMs ?? state.sinceMs;
  const isSame = canonicalJson(state.schedule) === canonicalJson(schedule);
  const aheadMs = schedule.kind === 'cron' ? farAheadMs : 0;
  if (isSame && lastMs - nowMs <= aheadMs) return state;
  return { ...state, schedule, sinceMs: nowMs, lastMomentMs: null };
}

function takeDue(state: JobState, context: JobContext): SteppedJob {
  const { plan, nowMs, release } = context;
  const momentMs = dueMoment(state, context);
  if (plan === null || release === null || momentMs === null || momentMs > nowMs) {
    return { state, effects: [] };
  }
  // However many moments were missed, one run stands for all of them.
  const lastMomentMs =
    plan.schedule.kind === 'every'
      ? momentMs + Math.floor((nowMs - momentMs) / plan.schedule.everyMs) * plan.schedule.everyMs
      : Math.max(momentMs, nowMs);
  const taken = { ...state, lastMomentMs };
  if (canRun(taken, context) !== null) return skip(taken, context);
  return begin(taken, context, { momentMs, who: 'schedule', late: nowMs - momentMs >= lateMs });
}

function skip(state: JobState, { name }: JobContext): SteppedJob {
  const [first, ...others] = state.running;
  if (first === undefined) return { state, effects: [] };
  const running = [{ ...first, skipped: first.skipped + 1 }, ...others];
  const why = 'it is due and still runs; further moments are counted in its history';
  // Once for each run, or a job of every second would fill the journal.
  const effects =
    first.skipped === 0 ? [record('job.skipped', name, 'schedule', why, { run: first.id })] : [];
  return { state: { ...state, running }, effects };
}

function begin(
  state: JobState,
  { nowMs, plan, release, name, newId }: JobContext,
  how: Pick<JobRun, 'momentMs' | 'who' | 'late'>,
): SteppedJob {
  const id = newId();
  const run: JobRun = {
    id,
    ...how,
    startedMs: nowMs,
    release: release ?? '',
    deadlineMs: plan?.deadlineMs ?? 0,
    phase: 'starting',
    skipped: 0,
  };
  const due = how.momentMs === null ? null : new Date(how.momentMs).toISOString();
  const why = how.late ? `it was due at ${due}, while nobody kept time` : 'it is due';
  const entry = record('job.started', name, how.who, how.momentMs === null ? 'asked for' : why, {
    run: id,
    due,
    late: how.late,
  });
  return {
    state: { ...state, running: [...state.running, run] },
    effects: [{ kind: 'start', id }, entry],
  };
}

function stopOverdue(state: JobState, { nowMs, name }: JobContext): SteppedJob {
  const overdue = state.running.filter(
    ({ phase, startedMs, deadlineMs }) => phase === 'running' && nowMs - startedMs >= deadlineMs,
  );
  return {
    state: overdue.reduce((now, { id }) => withPhase(now, id, 'stopping'), state),
    effects: overdue.flatMap(({ id, deadlineMs }): readonly JobEffect[] => [
      { kind: 'stop', id },
      record('job.stopped', name, 'schedule', `it took longer than ${deadlineMs} ms`, { run: id }),
    ]),
  };
}

function end(
  state: JobState,
  id: string,
  context: JobContext,
  exit: EndedRun['exit'],
  lines: readonly string[],
  known: EndedRun['outcome'] | null,
): SteppedJob {
  const run = state.running.find((one) => one.id === id);
  if (run === undefined) return { state, effects: [] };
  const outcome = known ?? outcomeOf(run, exit);
  const bad = outcome !== 'done' && outcome !== 'unseen';
  const lastLines = outcome === 'done' ? [] : lines.slice(-keptLines).map(shorten);
  const { phase: _phase, deadlineMs: _deadlineMs, ...kept } = run;
  const ended: EndedRun = { ...kept, endedMs: context.nowMs, outcome, exit, lastLines };
  const data = { run: id, outcome, exit: exit.code, signal: exit.signal, lastLines };
  return {
    state: {
      ...state,
      running: state.running.filter((one) => one !== run),
      ended: [ended, ...state.ended].slice(0, keptRuns),
      // An end that nobody saw says nothing either way.
      failuresInRow: bad ? state.failuresInRow + 1 : outcome === 'done' ? 0 : state.failuresInRow,
    },
    effects: [record(bad ? 'job.failed' : 'job.ended', context.name, run.who, outcome, data)],
  };
}

function outcomeOf({ phase }: JobRun, { code, signal }: EndedRun['exit']): EndedRun['outcome'] {
  if (phase === 'stopping') return 'deadline';
  if (code === 0) return 'done';
  return code === null && signal === null ? 'unseen' : 'failed';
}

function withPhase(state: JobState, id: string, phase: JobRun['phase']): JobState {
  if (!state.running.some((run) => run.id === id && run.phase !== phase)) return state;
  return {
    ...state,
    running: state.running.map((run) => (run.id === id ? { ...run, phase } : run)),
  };
}

function shorten(line: string): string {
  return line.length > keptLineLength ? `${line.slice(0, keptLineLength)}…` : line;
}

function record(
  kind: string,
  subject: string,
  who: string,
  why: string,
  data: JsonValue,
): JobEffect {
  return { kind: 'record', entry: { kind, subject, who, why, data } };
}
