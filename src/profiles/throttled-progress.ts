import type { StageCount } from '../backup/stage-files.ts';

const progressEveryMs = 1_000;

/** Says once a second how far a backup is. */
export function throttledProgress(
  progress: (text: string) => void,
): (count: StageCount, totalBytes?: number, what?: string) => void {
  let lastMs = performance.now();
  return ({ files, bytes }, totalBytes, what) => {
    if (performance.now() - lastMs < progressEveryMs) return;
    lastMs = performance.now();
    const megabytes = (size: number): string => `${Math.round(size / 1_000_000)} MB`;
    progress(
      totalBytes === undefined
        ? `${files} files, ${megabytes(bytes)}`
        : `${what}: ${megabytes(bytes)} of ${megabytes(totalBytes)}`,
    );
  };
}
