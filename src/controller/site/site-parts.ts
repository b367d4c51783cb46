import type { FrontendPin } from '../../contract/keys.ts';
import type { SiteSettings } from '../../contract/site-settings.ts';
import type { ResourceStatus, StatusNote } from '../../contract/status.ts';
import type { Derived } from '../../derive/all.ts';
import type {
  FrontendPlan,
  ResourcePlan,
  ServicePlan,
} from '../../derive/release-plan/release-plan.ts';
import type { Log } from '../../lib/log.ts';
import type { Clock } from '../../ports/clock/port.ts';
import type { Journal } from '../../ports/journal/port.ts';
import type { State } from '../../ports/state/port.ts';
import type { Jobs } from '../jobs/jobs.ts';
import type { Supervisor } from '../supervisor/supervisor.ts';
import type { ReleaseToRun } from '../supervisor/version.ts';

/**
 * What reading the manifests gave: everything derived from them, or all that is wrong with them, in
 * words.
 */
export type SiteReading =
  | {
      readonly kind: 'read';
      readonly derived: Derived;
      /** What they say of listeners and workers, as the settings keep it. */
      readonly listenWritten: string;
    }
  | { readonly kind: 'refused'; readonly problems: string };

/** Told in a few words what takes time. */
export type Progress = (message: string) => void;

/** What the site controller works with; the profile puts it together. */
export interface SiteParts {
  readonly settings: SiteSettings;
  readonly state: State;
  readonly journal: Journal;
  readonly clock: Clock;
  readonly log: Log;
  readonly supervisor: Supervisor;
  readonly resources: SiteResources;
  readonly jobs: Pick<Jobs, 'apply' | 'notes'>;
  /** Which stores of the blobs fail or lack something. */
  blobNotes(): readonly StatusNote[];
  /** Whether what is written of the flags is refused. */
  flagNotes(): readonly StatusNote[];
  readSite(): Promise<SiteReading>;
  /**
   * Hands the workers what they shall work by, with the files that it names as they are now, and
   * keeps all of it as the last that was good. Returns it with those files, and whether anything is
   * different.
   */
  publish(derived: Derived): Promise<{ readonly published: Derived; readonly changed: boolean }>;
  /** What was last published, by this controller or one before; null when nothing ever was. */
  lastPublished(): Promise<Derived | null>;
  buildRelease(plan: ServicePlan, progress: Progress): Promise<ReleaseToRun>;
  /** A release that was put live by hand stays: then it is `pinned`, and nothing is published. */
  publishFrontend(
    plan: FrontendPlan,
    progress: Progress,
  ): Promise<{ readonly changed: boolean; readonly pinned: FrontendPin | null }>;
  /** Removes releases that nobody will want again. */
  collectReleases(service: string, inUse: ReadonlySet<string>): Promise<void>;
}

/** The databases and the like that services need. */
export interface SiteResources {
  /** Says which there shall be; they are stood up in the background. */
  apply(plans: readonly ResourcePlan[]): Promise<void>;
  /** Resolves once services can use it; rejects when it is not wanted any more. */
  whenUp(name: string, signal: AbortSignal): Promise<void>;
  statuses(): readonly ResourceStatus[];
  notes(): readonly StatusNote[];
}
