import type { BackupManifest } from '../backup/backup-manifest.ts';
import type { ReadProgress } from '../backup/read-backup.ts';

const everyMs = 1_000;

/** Says once a second on standard error how much of a backup was read. */
export function createReadingLine(): (read: ReadProgress, manifest: BackupManifest) => void {
  let lastMs = performance.now();
  return ({ files, bytes }, manifest) => {
    if (performance.now() - lastMs < everyMs) return;
    lastMs = performance.now();
    const megabytes = Math.round(bytes / 1_000_000);
    process.stderr.write(`  read ${files} of ${manifest.files.length} files, ${megabytes} MB\n`);
  };
}
