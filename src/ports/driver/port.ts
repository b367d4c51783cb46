/**
 * Who runs instances. A driver starts a process (or pod) of a release, says whether it runs, and
 * stops it; it never decides when. Instances outlive the caller: a new caller finds them with
 * `list`.
 */
export interface Driver {
  /**
   * Starts an instance; resolves once it is recorded and its process exists. Rejects with
   * `driver-start-failed`.
   */
  start(spec: InstanceSpec): Promise<RunningInstance>;
  /** Every instance this driver has started and not yet forgotten, dead ones included. */
  list(): Promise<readonly RunningInstance[]>;
  /** Resolves when the instance is gone, however it went. */
  waitForExit(id: string, signal?: AbortSignal): Promise<InstanceExit>;
  /**
   * Asks it to stop (SIGTERM), and after `graceMs` makes it (SIGKILL, whole group). Resolves when
   * gone.
   */
  stop(id: string, graceMs: number): Promise<InstanceExit>;
  /**
   * Forgets a dead instance's record (its logs stay). Rejects with `driver-instance-running` while
   * it lives.
   */
  forget(id: string): Promise<void>;
  /**
   * The last lines it wrote, oldest first, at most `limit`; what a person needs to see why it died.
   */
  lastLines(id: string, limit: number): Promise<readonly string[]>;
}

export interface InstanceSpec {
  /** Unique for ever; lower-case letters, digits and hyphens. */
  readonly id: string;
  readonly service: string;
  /** Digest of the release. */
  readonly release: string;
  /** Read-only directory the process runs in. */
  readonly directory: string;
  readonly command: readonly string[];
  /**
   * All it is given beside what any process needs (PATH, HOME, LANG, TZ); holds secrets, so never
   * kept on disk.
   */
  readonly environment: Readonly<Record<string, string>>;
  readonly port: number;
  readonly logFile: string;
  /**
   * How it ends is kept where no driver sees it too: for a command that ends by itself. A signal
   * that ended it is told as its code then, 128 and the signal's number.
   */
  readonly keepsExit?: boolean;
}

export interface RunningInstance {
  readonly id: string;
  readonly service: string;
  readonly release: string;
  /** `127.0.0.1:port`. */
  readonly address: string;
  readonly pid: number | null;
  readonly startedAtMs: number;
  readonly alive: boolean;
  readonly logFile: string;
}

/** An adopted process without `keepsExit` gives no exit code: both are null then. */
export interface InstanceExit {
  readonly code: number | null;
  readonly signal: string | null;
}
