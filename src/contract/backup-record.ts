/** What the state folder knows of the last backup that was made of it. */
export interface BackupRecord {
  readonly id: string;
  /** The folder with the backups. */
  readonly target: string;
  readonly finishedAt: string;
  readonly bytes: number;
}

/** Who makes a backup of a site that is down, and keeps it from coming up meanwhile. */
export interface BackupHolder {
  readonly pid: number;
  readonly startTicks: number;
}
