import type {
  FlagChangeResult,
  FlagStatus,
  SetFlagRequest,
  UnsetFlagRequest,
} from '../../contract/flag-status.ts';
import type { Purge } from '../../contract/keys.ts';
import type { JobHistory, JobStatus } from '../../contract/job-status.ts';
import type { HealthReport } from '../../contract/health-report.ts';
import type { RuleReport } from '../../contract/rule-reports.ts';
import type { SiteStatus } from '../../contract/status.ts';
import type { JsonValue } from '../../lib/json.ts';
import type { Journal } from '../../ports/journal/port.ts';
import type { SiteCircuits } from '../circuits/site-circuits.ts';
import type { TableControl } from '../tables/table-changes.ts';
import type { SiteWrites } from '../writes/site-writes.ts';

/** What the API lets people ask of the controller. `who` is written into the journal. */
export interface SiteControl {
  readonly journal: Journal;
  readonly tables: TableControl;
  readonly writes: Pick<
    SiteWrites,
    'report' | 'deadLetters' | 'show' | 'retry' | 'discard' | 'rotateKey'
  >;
  readonly flags: FlagControl;
  status(): Promise<SiteStatus>;
  /** What each worker told of how features and needs stand, by its answers. */
  health(): Promise<readonly HealthReport[]>;
  /**
   * Starts a new instance in the place of this one, then drains it. Rejects with
   * `instance-unknown`.
   */
  replaceInstance(id: string, who: string): Promise<void>;
  /**
   * Reads the manifests again and rolls in what changed; rejects with the problems when they are
   * refused.
   */
  reload(who: string): Promise<void>;
  /** What the rules of each worker did, and whom auto-ban went after. */
  rules(): Promise<readonly RuleReport[]>;
  circuits: Pick<SiteCircuits, 'status' | 'hold'>;
  jobs(): readonly JobStatus[];
  /** Rejects with `job-unknown`. */
  jobHistory(name: string): Promise<JobHistory>;
  /** Runs `service.job` now and returns its run; rejects with `job-unknown` or `job-not-now`. */
  runJob(name: string, who: string): Promise<string>;
  /**
   * Lets a replica take the place of a resource's primary, which is fenced first. Rejects with the
   * reason why not; then all is as it was.
   */
  promote(resource: string, request: PromotionRequest): Promise<JsonValue>;
  /** Makes a member of a resource anew from its primary; resolves once it follows. */
  reseed(resource: string, member: string, who: string): Promise<void>;
  /** Takes answers out of the caches of all workers, or softly marks them as expired. */
  purge(request: PurgeRequest): Promise<void>;
  /** Asks the keeper to take the site down; rejects with `keeper-not-running`. */
  down(): Promise<void>;
}

/** The flags of a site, shown and set by hand over what is written. */
export interface FlagControl {
  list(): Promise<readonly FlagStatus[]>;
  /** Rejects with `flag-unknown`, `flag-value-invalid` or `flags-full`. */
  set(request: SetFlagRequest): Promise<FlagChangeResult>;
  /** Rejects with `flag-unknown` or `flag-not-set`. */
  unset(request: UnsetFlagRequest): Promise<FlagChangeResult>;
}

/** What is taken out, who says so, and why. */
export interface PurgeRequest extends Purge {
  readonly who: string;
  readonly why: string | null;
}

interface PromotionRequest {
  /** The replica that takes over; null for the one that has received most. */
  readonly member: string | null;
  readonly force: boolean;
  readonly acceptLoss: boolean;
  readonly who: string;
}

/** What the console shows for a path; null when there is no such page. */
export type RenderPage = (request: PageRequest) => Promise<Page | null>;

export interface PageRequest {
  readonly path: string;
  readonly query: URLSearchParams;
}

export interface Page {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
}
