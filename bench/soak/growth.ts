export interface Sample {
  readonly atMs: number;
  readonly bytes: number;
}

/** How a measure went over time. */
export interface Growth {
  /**
   * Medians of the first and the last fifth: single samples depend on where the collector stands.
   */
  readonly firstBytes: number;
  readonly lastBytes: number;
  readonly percent: number;
  /** By least squares over all samples. */
  readonly bytesPerHour: number;
}

export function growthOf(samples: readonly Sample[]): Growth {
  const fifth = Math.max(1, Math.floor(samples.length / 5));
  const firstBytes = medianBytes(samples.slice(0, fifth));
  const lastBytes = medianBytes(samples.slice(-fifth));
  return {
    firstBytes,
    lastBytes,
    percent: (lastBytes / firstBytes - 1) * 100,
    bytesPerHour: slope(samples) * 3_600_000,
  };
}

function medianBytes(samples: readonly Sample[]): number {
  const sorted = samples.map((sample) => sample.bytes).sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] as number;
}

function slope(samples: readonly Sample[]): number {
  const mean = (pick: (sample: Sample) => number): number =>
    samples.reduce((sum, sample) => sum + pick(sample), 0) / samples.length;
  const meanMs = mean((sample) => sample.atMs);
  const meanBytes = mean((sample) => sample.bytes);
  const spread = mean((sample) => (sample.atMs - meanMs) ** 2);
  if (spread === 0) return 0;
  return mean((sample) => (sample.atMs - meanMs) * (sample.bytes - meanBytes)) / spread;
}
