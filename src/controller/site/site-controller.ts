import type { SiteStatus } from '../../contract/status.ts';
import type { Derived } from '../../derive/all.ts';
import type { FrontendPlan, ServicePlan } from '../../derive/release-plan/release-plan.ts';
import { TurnoutError } from '../../lib/errors.ts';
import { describeSite } from './describe-site.ts';
import { NoteBoard } from './note-board.ts';
import type { SiteParts } from './site-parts.ts';

/** Makes the site be what its manifests say, and says how it stands. */
export interface SiteController {
  /**
   * Reads the manifests and sources again and rolls in what changed; resolves once every release
   * was handed to the supervisor or has failed to build, which is a note. Manifests that are
   * refused change nothing: then it rejects with `manifest-refused`, unless there is nothing to go
   * on with but what was last good.
   */
  converge(who: string): Promise<void>;
  /** What is in force; null until manifests could be read for the first time. */
  inForce(): Derived | null;
  status(): Promise<SiteStatus>;
  /** Stops converging and leaves everything running. */
  close(): Promise<void>;
}

export function createSiteController(parts: SiteParts): SiteController {
  return new ConvergingSite(parts);
}

class ConvergingSite implements SiteController {
  readonly #parts: SiteParts;
  readonly #notes: NoteBoard;
  readonly #closing = new AbortController();
  #inForce: Derived | null = null;
  #queue: Promise<void> = Promise.resolve();

  constructor(parts: SiteParts) {
    this.#parts = parts;
    this.#notes = new NoteBoard(parts.clock);
  }

  converge(who: string): Promise<void> {
    const turn = this.#queue.then(() => this.#converge(who));
    this.#queue = turn.catch(() => undefined);
    return turn;
  }

  inForce(): Derived | null {
    return this.#inForce;
  }

  status(): Promise<SiteStatus> {
    const { jobs } = this.#parts;
    const { blobNotes, flagNotes } = this.#parts;
    const notes = [...this.#notes.all(), ...jobs.notes(), ...blobNotes(), ...flagNotes()];
    return describeSite(this.#parts, this.#inForce, notes);
  }

  async close(): Promise<void> {
    this.#closing.abort(new Error('the controller stops'));
    await this.#queue;
  }

  async #converge(who: string): Promise<void> {
    if (this.#closing.signal.aborted) return;
    const reading = await this.#parts.readSite();
    if (reading.kind === 'refused') return this.#goOnWithLastGood(reading.problems, who);
    this.#notes.takeOff('manifest-refused', null);
    const { derived } = reading;
    this.#sayOfListeners(reading.listenWritten);
    const isFirst = this.#inForce === null;
    const { published, changed } = await this.#parts.publish(derived);
    this.#inForce = published;
    if (changed || isFirst) {
      await this.#note('manifest.in-force', 'site', who, `model ${derived.model}`);
    }
    const { resources, services, frontends } = derived.releasePlan;
    await this.#parts.resources.apply(resources);
    await this.#parts.jobs.apply(services);
    await Promise.all([
      ...frontends.map((plan) => this.#publishFrontend(plan)),
      ...services.map((plan) => this.#rollIn(plan)),
      ...this.#goneServices(derived).map((service) => this.#parts.supervisor.remove(service)),
    ]);
  }

  /** Listeners are settled as the site is brought up; a change that waits must not look done. */
  #sayOfListeners(written: string): void {
    const { listenWritten: settled } = this.#parts.settings;
    if (settled === undefined || settled === written) {
      return this.#notes.takeOff('listen-waits', null);
    }
    this.#notes.put({
      severity: 'warning',
      code: 'listen-waits',
      about: null,
      message: 'What site.yaml says under `listen` has changed, and is not in force yet.',
      remedy: '`turnout down` and `turnout up` bring it in force; all else is.',
    });
  }

  /**
   * Broken manifests never replace good ones; a controller that has just started finds the good
   * ones where they are kept.
   */
  async #goOnWithLastGood(problems: string, who: string): Promise<void> {
    this.#notes.put({
      severity: 'alert',
      code: 'manifest-refused',
      about: null,
      message: `The manifests are refused; the last good ones stay in force.\n${problems}`,
      remedy: 'Mend them: `turnout check` shows the problems with their places.',
    });
    await this.#note('manifest.refused', 'site', who, problems);
    if (this.#inForce === null) {
      const last = await this.#parts.lastPublished();
      if (last !== null) {
        this.#inForce = last;
        await this.#parts.resources.apply(last.releasePlan.resources);
        await this.#parts.jobs.apply(last.releasePlan.services);
        return;
      }
    }
    throw new TurnoutError(
      'manifest-refused',
      `The manifests are refused:\n${problems}`,
      'Mend them: `turnout check` shows the problems with their places.',
    );
  }

  async #rollIn(plan: ServicePlan): Promise<void> {
    const { supervisor, log } = this.#parts;
    const { service } = plan;
    const { signal } = this.#closing;
    try {
      const [release] = await Promise.all([
        this.#parts.buildRelease(plan, (message) => log.progress(message)),
        this.#needsUp(plan, signal),
      ]);
      this.#notes.takeOff('build-failed', service);
      const known = supervisor.status(service);
      if (known?.release !== release.digest) {
        log.progress(`${service}: starting release ${release.digest.slice(7, 19)}`);
      }
      await supervisor.apply(plan, release);
    } catch (error) {
      if (signal.aborted) return;
      await this.#fail('build-failed', service, error);
      return;
    }
    void this.#sayWhenSettled(service);
  }

  async #needsUp(plan: ServicePlan, signal: AbortSignal): Promise<void> {
    const { resources } = this.#parts;
    await Promise.all(
      plan.needs.map((need) =>
        need.kind === 'postgres' ? resources.whenUp(need.resource, signal) : undefined,
      ),
    );
  }

  async #sayWhenSettled(service: string): Promise<void> {
    const { supervisor, log } = this.#parts;
    try {
      const settled = await supervisor.whenSettled(service, this.#closing.signal);
      if (settled.kind === 'failed') {
        log.progress(`${service}: ${settled.failure.reason}`);
        return;
      }
      const status = supervisor.status(service);
      log.progress(`${service}: ${status?.healthy ?? 0} of ${status?.desired ?? 0} healthy`);
      await this.#parts.collectReleases(service, supervisor.releasesInUse(service));
    } catch (error) {
      if (!this.#closing.signal.aborted) log.warn('rollout', { service, reason: String(error) });
    }
  }

  async #publishFrontend(plan: FrontendPlan): Promise<void> {
    const { log } = this.#parts;
    try {
      const { changed, pinned } = await this.#parts.publishFrontend(plan, (message) =>
        log.progress(message),
      );
      this.#notes.takeOff('frontend-refused', plan.frontend);
      if (changed) log.progress(`${plan.frontend}: published`);
      if (pinned !== null) {
        log.progress(`${plan.frontend}: pinned by ${pinned.who}, so its folder is not published`);
      }
    } catch (error) {
      await this.#fail('frontend-refused', plan.frontend, error);
    }
  }

  async #fail(code: string, about: string, error: unknown): Promise<void> {
    const expected = error instanceof TurnoutError;
    const message = error instanceof Error ? error.message : String(error);
    if (!expected) this.#parts.log.error(code, { about, reason: stackOf(error) });
    this.#notes.put({
      severity: 'alert',
      code,
      about,
      message,
      remedy: expected
        ? error.remedy
        : 'This is a defect of Turnout; the log of the controller says more.',
    });
    this.#parts.log.progress(`${about}: ${message}`);
    const kind = code === 'build-failed' ? 'release.build-failed' : 'frontend.refused';
    await this.#note(kind, about, 'controller', message);
  }

  #goneServices(derived: Derived): readonly string[] {
    const wanted = new Set(derived.releasePlan.services.map(({ service }) => service));
    return this.#parts.supervisor
      .statuses()
      .map(({ service }) => service)
      .filter((service) => !wanted.has(service));
  }

  /** A journal that cannot be written stops nothing. */
  async #note(kind: string, subject: string, who: string, why: string): Promise<void> {
    try {
      await this.#parts.journal.append({ kind, subject, who, why });
    } catch (error) {
      this.#parts.log.error('journal not written', { kind, reason: String(error) });
    }
  }
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
